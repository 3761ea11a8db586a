/** The options of a hub. Pure. */
export * from './admission-options';
export * from './channel-options';
export * from './hub-options';
export * from './peer-options';
