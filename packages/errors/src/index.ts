export { type ErrorDetail, type ErrorKind, type ErrorTable, errorsOf, isErrorOf, VigilError } from './vigil-error.ts'
