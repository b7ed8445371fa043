import type { StatClient, StatFile, StatReport, StatStream } from '../../../shared/stat.ts';
import { argumentAttributes, element, xmlDeclaration, type Attribute } from './xml.ts';

/** The report as XML: `<stat>` › `<server>` › `<application>` › `<live>` or `<play>` › `<stream>`. */
export function reportXml({ live, vod }: StatReport): string {
  const applications: string[] = [];
  if (live !== undefined) {
    const streams = element('live', [], live.map(liveStreamXml));
    applications.push(element('application', [['name', 'live']], [streams]));
  }
  if (vod !== undefined) {
    const streams = element('play', [], vod.map(fileXml));
    applications.push(element('application', [['name', 'vod']], [streams]));
  }
  return xmlDeclaration + element('stat', [], [element('server', [], applications)]);
}

function liveStreamXml(stream: StatStream): string {
  const attributes: Attribute[] = [
    ['name', stream.name],
    ['active', stream.active],
    ['time', stream.time],
    ['bw_in', stream.bw_in],
    ['bytes_in', stream.bytes_in],
    ['bw_out', stream.bw_out],
    ['bytes_out', stream.bytes_out],
    ['bw_audio', stream.bw_audio],
    ['bw_video', stream.bw_video],
    ['publishing', stream.publishing],
  ];
  return element(
    'stream',
    attributes,
    stream.clients?.map((client) => clientXml(client, true)),
  );
}

function fileXml({ name, active, clients }: StatFile): string {
  const attributes: Attribute[] = [
    ['name', name],
    ['active', active],
  ];
  return element(
    'stream',
    attributes,
    clients.map((client) => clientXml(client, false)),
  );
}

function clientXml(client: StatClient, live: boolean): string {
  const attributes: Attribute[] = [
    ['id', client.id],
    ['address', client.address],
    ['time', client.time],
    ['totlebyte', client.totlebyte],
    ['timestamp', client.timestamp],
  ];
  if (live) attributes.push(['dropped', client.dropped], ['publishing', client.publishing]);
  attributes.push(['active', client.active], ['protocol', client.protocol]);
  return element('client', [...attributes, ...argumentAttributes(client.args, attributes)]);
}
