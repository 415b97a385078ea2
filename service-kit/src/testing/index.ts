export * from './callers';
export * from './eventually';
export * from './free-port';
export * from './in-memory-event-bus';
export * from './line';
export * from './running-service';
export * from './scratch-database';
export * from './stores';
