/**
 * Philox 4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3"
 * (SC 2011), in AssemblyScript. The TypeScript twin is ../src/philox.ts; the tests hold both to the published vectors.
 *
 * There is no state: the same key and counter give the same four words on every thread, machine and run.
 * The words are left in `word0` to `word3` of this instance, because AssemblyScript returns one value only.
 */

const MULTIPLIER_0: u64 = 0xd2511f53
const MULTIPLIER_1: u64 = 0xcd9e8d57
const WEYL_0: u32 = 0x9e3779b9
const WEYL_1: u32 = 0xbb67ae85
const ROUNDS = 10

export let word0: u32 = 0
export let word1: u32 = 0
export let word2: u32 = 0
export let word3: u32 = 0

/** One block: four 32-bit words of (key0, key1) at counter (c0, c1, c2, c3). */
export function philox(key0: u32, key1: u32, c0: u32, c1: u32, c2: u32, c3: u32): void {
  for (let round = 0; round < ROUNDS; round++) {
    const product0: u64 = MULTIPLIER_0 * <u64>c0
    const product1: u64 = MULTIPLIER_1 * <u64>c2
    c0 = <u32>(product1 >> 32) ^ c1 ^ key0
    c2 = <u32>(product0 >> 32) ^ c3 ^ key1
    c1 = <u32>product1
    c3 = <u32>product0
    key0 += WEYL_0
    key1 += WEYL_1
  }
  word0 = c0
  word1 = c1
  word2 = c2
  word3 = c3
}

/** A uniform number in [0, 1) with 24 random bits, exactly representable as f32. */
@inline
export function unitFloat(word: u32): f32 {
  return <f32>(word >> 8) * <f32>(1.0 / 16777216.0)
}

/** A uniform index in [0, bound) by multiply-shift (Lemire 2019); the bias is below bound / 2^32. */
@inline
export function boundedIndex(word: u32, bound: u32): u32 {
  return <u32>((<u64>word * <u64>bound) >> 32)
}
