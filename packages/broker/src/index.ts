export { BROKER_FLAGS, type Broker, brokerOf, closeBroker, isRefusal, openBroker } from './broker.ts'
export { BROKER_ERRORS, brokerError } from './errors.ts'
