export type * from './producer.js';
export {
  attachProducer,
  HubError,
  HubErrorCode,
  LogLevel,
  log,
  Producer,
  readStats,
  setLogLevel,
} from './producer.js';
