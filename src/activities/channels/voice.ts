import type { Twilio } from 'twilio';
import type { CallInstance } from 'twilio/lib/rest/api/v2010/account/call.js';
import { RING_FOR_SECONDS } from '../../domain/messages/voice.ts';
import { failure, toProviderFailure } from '../provider-failure.ts';

/** Calls people by Twilio. */
export interface VoiceChannel {
  /** Starts a call and returns Twilio's id of it; throws a failure of failure-types.ts. */
  call(call: OutgoingCall): Promise<string>;
  /**
   * Returns the id of the call that an earlier attempt of the same name has started, if there is one that still
   * rings or is talked on. Throws a failure while the phone is taken by a call that is known to be another one.
   */
  findMade(call: {
    readonly name: string;
    readonly to: string;
    readonly since: Date;
  }): Promise<string | undefined>;
}

export interface OutgoingCall {
  /** What the call is for: a second attempt has the same. */
  readonly name: string;
  readonly to: string;
  /** Where Twilio asks what to say once somebody, or something, has answered. */
  readonly url: string;
  /** Where Twilio reports how the call ended. */
  readonly statusCallback: string;
}

/** The clocks of Twilio and of this worker may differ by this much. */
const CLOCK_SKEW_MS = 5_000;

/** Of its calls a worker remembers the latest, so that none is taken for another. */
const MAX_REMEMBERED = 1_000;

/** Nobody is called twice at once; every other status is an end, which Twilio has reported. */
const LIVE: ReadonlySet<CallInstance['status']> = new Set(['queued', 'ringing', 'in-progress']);

/** Returns the voice channel over a Twilio client, whose timeout must be under the activity's. */
export function createVoiceChannel(client: Twilio, from: string): VoiceChannel {
  /** Ids of calls by what they are for. */
  const made = new Map<string, string>();
  const remember = (name: string, sid: string): string => {
    made.set(name, sid);
    const [oldest] = made.keys();
    if (made.size > MAX_REMEMBERED && oldest !== undefined) made.delete(oldest);
    return sid;
  };

  return {
    async call({ name, to, url, statusCallback }) {
      try {
        const call = await client.calls.create({
          to,
          from,
          url,
          statusCallback,
          statusCallbackEvent: ['completed'],
          timeout: RING_FOR_SECONDS,
          machineDetection: 'Enable',
        });
        return remember(name, call.sid);
      } catch (error) {
        throw toProviderFailure('Twilio', error);
      }
    },

    // Twilio's list does not tell what a call is for: only number and time do. One that has ended may have been
    // another's, so the call is made again: rather twice than never.
    async findMade({ name, to, since }) {
      const known = made.get(name);
      if (known !== undefined) return known;
      const earliest = since.getTime() - CLOCK_SKEW_MS;
      let live: CallInstance[];
      try {
        const calls = await client.calls.list({ to, from, limit: 20 });
        live = calls.filter(
          ({ dateCreated, status }) => dateCreated.getTime() >= earliest && LIVE.has(status),
        );
      } catch (error) {
        const { message } = toProviderFailure('Twilio', error);
        throw failure('Ambiguous', `cannot find out whether it called before: ${message}`);
      }
      const others = new Set(made.values());
      const own = live.find(({ sid }) => !others.has(sid));
      if (own) return remember(name, own.sid);
      if (live.length > 0) throw failure('Transient', 'this phone is in another call of ours');
      return undefined;
    },
  };
}
