/** What a benchmark's processes say to each other. */
import { TOKEN_BYTES } from '../../src/workers/service/life/ping-token';

/** To a server. */
export type ServerOrder =
  /** Post at this rate, or as fast as the receivers take it. Goes on until `pause`. */
  | { type: 'run'; ratePerSecond: number | 'saturate' }
  | { type: 'pause' }
  | { type: 'measure' }
  | { type: 'end' };

/** From a server. */
export type ServerAnswer =
  | { type: 'listening'; port: number }
  | { type: 'paused' }
  | { type: 'measured'; serviceCpuMs: number; rssBytes: number };

/** To a set of receivers. */
export type ReceiverOrder = { type: 'measure' } | { type: 'reset' } | { type: 'end' };

/** From a set of receivers. */
export type ReceiverAnswer =
  | { type: 'connected' }
  | {
      type: 'measured';
      messages: number;
      cpuMs: number;
      p50Us: number;
      p99Us: number;
      maxUs: number;
      samples: number;
    };

export const PAYLOAD_BYTES = 128;
/** A payload of 128 bytes has a header of 4. */
export const FRAME_BYTES = PAYLOAD_BYTES + 4;
/** A ping by which the hub asks how far a peer has read. */
export const PING_FRAME_BYTES = 2 + TOKEN_BYTES;
