/** The ring: records from many producer threads to 1 to 8 service threads, in one order, through shared memory. */
export { attachToRing, type RingAttachment } from './attach';
export { closeRing, isRingClosed } from './close';
export { type DrainBudget, RingConsumer, type RingRecord } from './consumer';
export { Doorbell, ringBell } from './doorbell';
export { closeGate, openGate } from './gates';
export { type KeeperSuccession, LaneKeeper, lastKeeper, type ProducerIntroduction } from './keeper';
export {
  claimLane,
  closeLane,
  findLane,
  type LaneReport,
  nameProcess,
  reclaimLane,
  reportLanes,
  sumLanes,
  takeTag,
} from './lanes';
export { KEEPER_SLOT, LaneWord, MAX_SERVICE_THREADS, type RingGeometry, RingMemory } from './layout';
export { NO_GATE, type PostResult, type RecordExtras, RingProducer } from './producer';
export {
  CHANNEL_BY_NAME,
  HEADER_BYTES,
  MAX_KEY_BYTES,
  MAX_NAME_BYTES,
  maxRecordBytes,
  RecordKind,
} from './record';
export { RoomWaiter, wakeAllWaiting } from './room';
export { LaneWarden } from './warden';
