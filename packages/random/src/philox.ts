/**
 * Philox 4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3"
 * (SC 2011). The AssemblyScript twin is ../assembly/philox.ts.
 *
 * There is no state: the same key and counter give the same four words on every thread, machine and run.
 */

/** A source of random words: key = (seed, stream), so that two purposes never share numbers. */
export type RandomStream = { readonly seed: number; readonly stream: number }

const MULTIPLIER_0 = 0xd2511f53
const MULTIPLIER_1 = 0xcd9e8d57
const WEYL_0 = 0x9e3779b9
const WEYL_1 = 0xbb67ae85
const ROUNDS = 10

/**
 * One block of four 32-bit words.
 *
 * @param key     two u32 words
 * @param counter four u32 words
 * @param out     [4], overwritten with u32 words
 */
export function philox(key: ArrayLike<number>, counter: ArrayLike<number>, out: Uint32Array): void {
  let [k0, k1] = [key[0] >>> 0, key[1] >>> 0]
  let [c0, c1, c2, c3] = [counter[0] >>> 0, counter[1] >>> 0, counter[2] >>> 0, counter[3] >>> 0]
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0)
    const low0 = Math.imul(MULTIPLIER_0, c0)
    const high1 = multiplyHigh(MULTIPLIER_1, c2)
    const low1 = Math.imul(MULTIPLIER_1, c2)
    c0 = high1 ^ c1 ^ k0
    c1 = low1
    c2 = high0 ^ c3 ^ k1
    c3 = low0
    k0 = (k0 + WEYL_0) | 0
    k1 = (k1 + WEYL_1) | 0
  }
  out[0] = c0
  out[1] = c1
  out[2] = c2
  out[3] = c3
}

const KEY = new Uint32Array(2)
const COUNTER = new Uint32Array(4)
const BLOCK = new Uint32Array(4)

/** Word `index` (0 to 2^34 - 1) of a stream's `lane`, a u32. */
export function randomWord(source: RandomStream, index: number, lane = 0): number {
  KEY[0] = source.seed
  KEY[1] = source.stream
  COUNTER[0] = Math.floor(index / 4)
  COUNTER[1] = 0
  COUNTER[2] = lane
  COUNTER[3] = 0
  philox(KEY, COUNTER, BLOCK)
  return BLOCK[index % 4]
}

/** A uniform number in [0, 1) with 32 random bits. */
export function randomUnit(source: RandomStream, index: number, lane = 0): number {
  return randomWord(source, index, lane) / 4294967296
}

/**
 * Fills `out` with standard normal numbers (Box and Muller 1958), the same whatever the order of calls.
 *
 * @param out any length, overwritten
 */
export function fillGaussian(source: RandomStream, out: Float64Array): void {
  for (let i = 0; i < out.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - randomUnit(source, i)))
    const angle = 2 * Math.PI * randomUnit(source, i + 1)
    out[i] = radius * Math.cos(angle)
    if (i + 1 < out.length) out[i + 1] = radius * Math.sin(angle)
  }
}

/**
 * Four uniform numbers in [0, 1) at an address of three u32 words: for draws that are named rather than counted.
 *
 * @param out [4], overwritten
 */
export function fillUniforms(
  source: RandomStream,
  [first, second, third]: readonly [number, number, number],
  out: Float64Array,
): void {
  KEY[0] = source.seed
  KEY[1] = source.stream
  COUNTER[0] = first
  COUNTER[1] = second
  COUNTER[2] = third
  COUNTER[3] = 0
  philox(KEY, COUNTER, BLOCK)
  for (let i = 0; i < 4; i++) out[i] = BLOCK[i] / 4294967296
}

/**
 * Shuffles in place, each order equally likely (Fisher and Yates; Durstenfeld 1964).
 *
 * @param lane keeps several shuffles of one source apart
 */
export function shuffle(values: Uint32Array, source: RandomStream, lane = 0): void {
  for (let i = values.length - 1; i > 0; i--) {
    // A block serves four places: as if each word were drawn by itself.
    const word = i % 4 === 3 || i === values.length - 1 ? randomWord(source, i, lane) : BLOCK[i % 4]
    const j = Math.floor((word / 4294967296) * (i + 1))
    const kept = values[i]
    values[i] = values[j]
    values[j] = kept
  }
}

/**
 * A uniform random order of 0 .. length - 1.
 *
 * @returns [length], owned by the caller
 */
export function randomPermutation(source: RandomStream, length: number, lane = 0): Uint32Array {
  const order = new Uint32Array(length)
  for (let i = 0; i < length; i++) order[i] = i
  shuffle(order, source, lane)
  return order
}

/** High 32 bits of the 64-bit product of two u32 numbers, as i32. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff
  const a1 = a >>> 16
  const b0 = b & 0xffff
  const b1 = b >>> 16
  // No sum reaches 2^32, so each is exact, and shifts read it as it is.
  const middle = a1 * b0 + ((a0 * b0) >>> 16)
  const carried = a0 * b1 + (middle & 0xffff)
  return (a1 * b1 + (middle >>> 16) + (carried >>> 16)) | 0
}
