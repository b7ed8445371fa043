import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { admitted, refused, type AdmissionCheck, type Decision } from '../../sessions/admission.ts';
import type { RegistryEvents } from '../../sessions/registry.ts';
import type { Session } from '../../sessions/session.ts';
import type { Log } from '../log.ts';
import { grantOf } from './answer.ts';
import { callbackFields, formBody, type Call } from './fields.ts';
import { Ledger } from './ledger.ts';
import { Outbox } from './outbox.ts';
import { notifyAddress, notifyPlan, type NotifyFamily, type NotifyPlan } from './plan.ts';
import { CallbackError, createPoster, formType } from './post.ts';
import { Spool, type ToldEvent } from './spool.ts';

export interface CallbacksOptions {
  /** The configuration in force; read anew for each callback. */
  readonly config: () => Config;
  /** Folder in which callbacks are kept that could not be delivered; made if missing. */
  readonly folder: string;
  readonly log: Log;
  /** Wall clock, ms since 1970. */
  readonly now?: () => number;
}

/** How the callbacks do, for `stat` and metrics. */
export interface CallbackFigures {
  /** Start callbacks that wait for an answer. */
  readonly asking: number;
  /** Told callbacks not delivered yet, in memory and on disk. */
  readonly waiting: Readonly<Record<NotifyFamily, number>>;
  readonly receiver: Readonly<Record<NotifyFamily, 'up' | 'down'>>;
  /** Told callbacks that could not even be kept. */
  readonly lost: number;
}

export interface Callbacks {
  /** Asks the receiver whether a session may start. */
  readonly check: AdmissionCheck;
  /** What the session registry tells. */
  readonly events: RegistryEvents;
  figures(): CallbackFigures;
  /** Delivers what it can within that time, keeps the rest on disk, and stops. */
  close(timeoutMs: number): Promise<void>;
}

/** Connections to a receiver: for questions that clients wait on, and for what is only told. */
const askConnections = 256;
const tellConnections = 32;

/** How often it is written down how far sessions have come, for the case that we are killed, ms. */
const saveInterval = 10_000;

const endCall = ({ details }: Session): Call =>
  details.kind === 'publish' ? 'publish_done' : 'play_done';

/**
 * The session callbacks: start (asked), end and update (told).
 *
 * Every session whose start was accepted, or needed no asking, is told to be over exactly once:
 * that hangs on the session's own end, so it holds for a client that left while it was asked about.
 */
export async function createCallbacks(options: CallbacksOptions): Promise<Callbacks> {
  const { config, log, now = Date.now } = options;
  const askPoster = createPoster(askConnections);
  const tellPoster = createPoster(tellConnections);
  const outboxes = { rtmp: await openOutbox('rtmp'), http: await openOutbox('http') };
  const ledgers = { rtmp: await openLedger('rtmp'), http: await openLedger('http') };
  const asking = new Set<Promise<unknown>>();
  const asked = new WeakSet<Session>();
  /** Addresses whose last start callback failed. */
  const unanswered = new Set<NotifyFamily>();
  /** Publishers and when each was last told about. */
  const publishers = new Map<Session, number>();

  const ticker = setInterval(tellUpdates, 1000);
  const saver = setInterval(() => {
    for (const ledger of Object.values(ledgers)) void ledger.save();
  }, saveInterval);
  for (const timer of [ticker, saver]) timer.unref();

  async function openOutbox(family: NotifyFamily): Promise<{ outbox: Outbox; spool: Spool }> {
    const spool = await Spool.open({ folder: join(options.folder, family), log });
    const send = async (body: string) => {
      const { notify_timeout: seconds } = config();
      await tellPoster.post(notifyAddress(config(), family), formType, body, seconds * 1000);
    };
    return { outbox: new Outbox({ name: `${family}_notify`, send, spool, log }), spool };
  }

  function openLedger(family: NotifyFamily): Promise<Ledger> {
    const folder = join(options.folder, `${family}-open`);
    return Ledger.open({ folder, log, now }, (event) => outboxes[family].outbox.add(event));
  }

  function eventOf(session: Session, call: Call, plan: NotifyPlan, id: string): ToldEvent {
    const body = formBody(callbackFields(session, plan, call, id, now()));
    return { id, client: String(session.details.clientId), body };
  }

  /** From now on the session's end is owed, even by the next process if this one is killed. */
  function oweEnd(session: Session, plan: NotifyPlan): void {
    const call = endCall(session);
    if (plan.end) ledgers[plan.family].begin(session, eventOf(session, call, plan, randomUUID()));
  }

  function tellEnd(session: Session): void {
    const plan = notifyPlan(config(), session.details);
    const ledger = ledgers[plan.family];
    const id = ledger.idOf(session) ?? randomUUID();
    if (plan.end) {
      outboxes[plan.family].outbox.add(eventOf(session, endCall(session), plan, id));
    }
    ledger.end(session);
  }

  function tellUpdates(): void {
    const { update_interval: seconds } = config();
    for (const [session, last] of publishers) {
      if (now() - last < seconds * 1000) continue;
      publishers.set(session, now());
      const plan = notifyPlan(config(), session.details);
      const { outbox } = outboxes[plan.family];
      // An update that could not be delivered is worth nothing beside the next one.
      const stuck =
        outbox.receiver === 'down' || outbox.isWaiting(String(session.details.clientId));
      if (plan.update && !stuck) {
        outbox.add(eventOf(session, 'update_publish', plan, randomUUID()));
      }
    }
  }

  async function ask(session: Session, plan: NotifyPlan): Promise<Decision> {
    const { details } = session;
    const { notify_timeout: seconds } = config();
    const fields = callbackFields(session, plan, details.kind, randomUUID(), now());
    try {
      const address = notifyAddress(config(), plan.family);
      const answer = await askPoster.post(address, formType, formBody(fields), seconds * 1000);
      noteAnswer(plan.family);
      if (answer.status < 200 || answer.status > 299) {
        return refused('forbidden', `The callback receiver refused it (status ${answer.status}).`);
      }
      asked.add(session);
      oweEnd(session, plan);
      session.onEnd(() => tellEnd(session));
      const complain = (message: string) =>
        log.warn({ client: details.clientId }, `Callback answer: ${message}`);
      return { admitted: true, grant: grantOf(answer.headers, details, config(), complain) };
    } catch (error) {
      noteAnswer(plan.family, error instanceof Error ? error.message : String(error));
      const late = error instanceof CallbackError && error.code === 'callback_timeout';
      const sentence = late
        ? `The callback receiver gave no answer within ${seconds} s.`
        : 'The callback receiver could not be asked.';
      return refused('no_answer', sentence);
    }
  }

  /** Says that start callbacks fail when they begin to, not once for each client. */
  function noteAnswer(family: NotifyFamily, failure?: string): void {
    const was = unanswered.has(family);
    if (was === (failure !== undefined)) return;
    if (failure === undefined) {
      unanswered.delete(family);
      log.info({}, `Start callbacks to ${family}_notify are answered again.`);
    } else {
      unanswered.add(family);
      log.warn({}, `Clients are refused: start callbacks to ${family}_notify fail: ${failure}`);
    }
  }

  return {
    check(session) {
      const plan = notifyPlan(config(), session.details);
      if (!plan.start) return Promise.resolve(admitted);
      const question = ask(session, plan);
      asking.add(question);
      return question.finally(() => asking.delete(question));
    },

    events: {
      started(session) {
        if (session.details.kind === 'publish') publishers.set(session, now());
        if (!asked.has(session)) oweEnd(session, notifyPlan(config(), session.details));
      },
      ended(session) {
        publishers.delete(session);
        if (!asked.has(session)) tellEnd(session);
      },
    },

    figures: () => ({
      asking: asking.size,
      waiting: { rtmp: outboxes.rtmp.outbox.waiting, http: outboxes.http.outbox.waiting },
      receiver: { rtmp: outboxes.rtmp.outbox.receiver, http: outboxes.http.outbox.receiver },
      lost: outboxes.rtmp.outbox.lost + outboxes.http.outbox.lost,
    }),

    async close(timeoutMs) {
      clearInterval(ticker);
      clearInterval(saver);
      const deadline = performance.now() + timeoutMs;
      // A client that was being asked about is gone by now, but if the receiver lets it in after
      // all, it must hear that it is over.
      await Promise.race([Promise.allSettled(asking), sleep(timeoutMs)]);
      const left = Math.max(0, deadline - performance.now());
      await Promise.all(Object.values(outboxes).map(({ outbox }) => outbox.settle(left)));
      for (const { outbox } of Object.values(outboxes)) outbox.close();
      askPoster.close();
      tellPoster.close();
      await Promise.all(Object.values(outboxes).map(({ spool }) => spool.close()));
      await Promise.all(Object.values(ledgers).map((ledger) => ledger.close()));
    },
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
