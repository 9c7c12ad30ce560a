export { beginEventFile, type EventFile, type Hyperparameters } from './event-file.ts'
