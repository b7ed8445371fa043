/**
 * The information objects in `onStatus`, `_result` and `_error` (RTMP 1.0 section 7.2; the codes are
 * those of NetConnection and NetStream in Adobe's ActionScript 3 reference, `NetStatusEvent`).
 */
import { emptyAmfObject } from '../amf/value.ts';
import type { AmfObject, AmfValue } from '../amf/value.ts';
import type { Command } from './command.ts';

export type StatusLevel = 'status' | 'warning' | 'error';

/** Every code that we send or understand, and its level. */
const statusLevels = {
  'NetConnection.Call.BadVersion': 'error',
  'NetConnection.Call.Failed': 'error',
  'NetConnection.Connect.AppShutdown': 'error',
  'NetConnection.Connect.Closed': 'status',
  'NetConnection.Connect.Failed': 'error',
  'NetConnection.Connect.IdleTimeOut': 'status',
  'NetConnection.Connect.InvalidApp': 'error',
  'NetConnection.Connect.Rejected': 'error',
  'NetConnection.Connect.Success': 'status',
  'NetStream.Buffer.Empty': 'status',
  'NetStream.Buffer.Flush': 'status',
  'NetStream.Buffer.Full': 'status',
  'NetStream.Data.Start': 'status',
  'NetStream.Failed': 'error',
  'NetStream.Pause.Notify': 'status',
  'NetStream.Play.Complete': 'status',
  'NetStream.Play.Failed': 'error',
  'NetStream.Play.FileStructureInvalid': 'error',
  'NetStream.Play.InsufficientBW': 'warning',
  'NetStream.Play.NoSupportedTrackFound': 'error',
  'NetStream.Play.PublishNotify': 'status',
  'NetStream.Play.Reset': 'status',
  'NetStream.Play.Start': 'status',
  'NetStream.Play.Stop': 'status',
  'NetStream.Play.StreamNotFound': 'error',
  'NetStream.Play.Switch': 'status',
  'NetStream.Play.Transition': 'status',
  'NetStream.Play.UnpublishNotify': 'status',
  'NetStream.Publish.BadName': 'error',
  'NetStream.Publish.Denied': 'error',
  'NetStream.Publish.Failed': 'error',
  'NetStream.Publish.Idle': 'status',
  'NetStream.Publish.Start': 'status',
  'NetStream.Record.Failed': 'error',
  'NetStream.Record.NoAccess': 'error',
  'NetStream.Record.Start': 'status',
  'NetStream.Record.Stop': 'status',
  'NetStream.Seek.Failed': 'error',
  'NetStream.Seek.InvalidTime': 'error',
  'NetStream.Seek.Notify': 'status',
  'NetStream.Unpause.Notify': 'status',
  'NetStream.Unpublish.Success': 'status',
} as const satisfies Record<string, StatusLevel>;

export type StatusCode = keyof typeof statusLevels;

/** An information object: level, code and description in the order in which peers print them. */
export function statusInfo(code: StatusCode, description: string, more: AmfObject = {}): AmfObject {
  const info = emptyAmfObject();
  info['level'] = statusLevels[code];
  info['code'] = code;
  info['description'] = description;
  return Object.assign(info, more);
}

/** `onStatus`, the notice on a NetStream; `more` adds properties such as `clientid` or `details`. */
export function onStatus(code: StatusCode, description: string, more?: AmfObject): Command {
  return {
    name: 'onStatus',
    transactionId: 0,
    object: null,
    args: [statusInfo(code, description, more)],
  };
}

/** `_result`, the answer to the call with that transaction id. */
export function result(
  transactionId: number,
  object: AmfValue = null,
  ...args: AmfValue[]
): Command {
  return { name: '_result', transactionId, object, args };
}

/** `_error`, the refusal of the call with that transaction id. */
export function error(
  transactionId: number,
  code: StatusCode,
  description: string,
  more?: AmfObject,
): Command {
  return {
    name: '_error',
    transactionId,
    object: null,
    args: [statusInfo(code, description, more)],
  };
}
