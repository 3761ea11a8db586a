/** `ringcast`: messages from many threads to many WebSocket peers. */
export type {
  Admitted,
  AuthorizeAnswer,
  AuthorizeFunction,
  AuthorizeModule,
  AuthorizeRequest,
  Denied,
} from '../shared/authorization';
export {
  CLOSE_CODES,
  CloseCode,
  type CloseCodeEntry,
  mayReconnect,
  type Reconnect,
} from '../shared/close-codes';
export type { ConnectionReport } from '../shared/control';
export { HubError, HubErrorCode } from '../shared/errors';
export type { ConnectionSummary, FragmentInfo, GapReport } from '../shared/inbound';
export type { ReconfigureReport } from '../shared/live-options';
export {
  emitStderr,
  formatLogRecord,
  type LogEmitter,
  LogLevel,
  type LogLevelName,
  type LogLevels,
  type LogRecord,
  type LogStats,
  type LogTags,
  log,
  logStats,
  setLogLevel,
} from '../shared/log';
export { type AssembledMessage, type AssemblerOptions, MessageAssembler } from '../shared/message-assembler';
export { IncomingMessage, MessageReader, type Pausable, type ReaderOptions } from '../shared/message-reader';
export type {
  AdmissionOptions,
  ChannelOptions,
  ForwardedHeader,
  HubOptions,
  OriginPolicy,
  ProducersOptions,
  ReceiveMode,
  RingOptions,
  SlowPolicy,
  TlsOptions,
} from '../shared/options';
export { type Drive, type PlacementOptions, type PollArray, PollEvent } from '../shared/placement';
export {
  attachProducer,
  type MessageOptions,
  OutgoingMessage,
  type PostOptions,
  type PostResult,
  Producer,
  type ProducerHandle,
  type ProducerOptions,
  type Settlement,
  type TrackedPost,
  type WaitOptions,
} from '../shared/producer';
export {
  type ChannelStats,
  type HubStats,
  type MessageStats,
  type ProducerStats,
  readStats,
} from '../shared/stats';
export type { HandlerConnection, HandlerModule } from '../workers/service/handler-module';
export { createHub } from './create-hub';
export type { Daemon } from './daemon/daemon';
export { type DaemonizeOptions, daemonize } from './daemon/daemonize';
export { Hub } from './hub';
export type { CloseOptions } from './hub-ending';
export type { DisconnectInfo, HubEvents, RestartInfo } from './hub-events';
export type { ServiceReport } from './local-service';
export type { SyslogFraming } from './log/stream-link';
export { emitSyslog, openSyslog, Syslog, type SyslogOptions, type SyslogStats } from './log/syslog';
export type { SyslogFacility } from './log/syslog-format';
export {
  type CloseConnectionOptions,
  type ConnectedProducer,
  type ConnectedProducerStats,
  type ConnectionState,
  type ConnectOptions,
  connectProducer,
} from './producer';
export type { ProducerPoolOptions } from './producer-pool';
export { defaultProducerSocket } from './producer-socket';
export type { ServiceLimits } from './service-limits';
