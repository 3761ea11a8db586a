export type * from './producer.js';
export {
  attachProducer,
  HubError,
  HubErrorCode,
  LogLevel,
  log,
  OutgoingMessage,
  Producer,
  readStats,
  setLogLevel,
} from './producer.js';
