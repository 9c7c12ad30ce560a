export {
  awaitBroker,
  BROKER_FLAGS,
  type Broker,
  brokerOf,
  closeBroker,
  isDenied,
  isRefusal,
  openBroker,
} from './broker.ts'
export { BROKER_ERRORS, brokerError } from './errors.ts'
