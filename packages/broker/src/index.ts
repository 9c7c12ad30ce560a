export { awaitBroker, closeBroker, isDenied, openBroker } from './broker.ts'
export { BROKER_FLAGS, type Broker, brokerOf, isOneServer } from './broker-flags.ts'
export { BROKER_ERRORS, brokerError } from './errors.ts'
