import { setFlagsFromString } from 'node:v8'

/**
 * Has V8 mark garbage at once. Step by step, beside threads that compute on every core, it took 55 of 600 ms of processor
 * time of an iteration with LSTM layers; at once, 18 ms in every third or fourth. Other teams were not measured. It holds for
 * the whole process, so only programs that train say so, in the beginning; the library does not.
 */
export function markGarbageAtOnce(): void {
  setFlagsFromString('--no-incremental-marking')
}
