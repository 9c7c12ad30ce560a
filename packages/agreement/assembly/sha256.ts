/** SHA-256 (FIPS 180-4) of four messages at a time, block by block: each word of the state has one message in each lane. */

const CONSTANTS = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
])

const INITIAL = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
])

/** 8 vectors: the state. */
const STATE = memory.data(8 * 16, 16)
/** 64 vectors: the words of a block, and those that are made of them. */
const WORDS = memory.data(64 * 16, 16)

/** Begins four messages. */
export function begin(): void {
  for (let i: usize = 0; i < 8; i++) v128.store(STATE + 16 * i, v128.load_splat<u32>(INITIAL + 4 * i))
}

/** Sets word `index` of the block that is to be compressed. */
@inline
export function setWord(index: u32, vector: v128): void {
  v128.store(WORDS + 16 * <usize>index, vector)
}

/** Four words from their bytes, the highest first. */
@inline
export function word(p0: usize, p1: usize, p2: usize, p3: usize): v128 {
  let vector = v128.load_zero<u32>(p0)
  vector = v128.load_lane<u32>(p1, vector, 1)
  vector = v128.load_lane<u32>(p2, vector, 2)
  vector = v128.load_lane<u32>(p3, vector, 3)
  return v128.shuffle<u8>(vector, vector, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)
}

/** Sets all words of the block that is to be compressed. */
export function block(p0: usize, p1: usize, p2: usize, p3: usize): void {
  for (let i: u32 = 0; i < 16; i++) {
    const at: usize = 4 * i
    setWord(i, word(p0 + at, p1 + at, p2 + at, p3 + at))
  }
}

/** Takes a block into the state. */
export function compress(): void {
  for (let at = WORDS; at < WORDS + 48 * 16; at += 16) {
    const w2 = v128.load(at, 14 * 16)
    const w15 = v128.load(at, 16)
    const s0 = v128.xor(v128.xor(rotated(w15, 7), rotated(w15, 18)), i32x4.shr_u(w15, 3))
    const s1 = v128.xor(v128.xor(rotated(w2, 17), rotated(w2, 19)), i32x4.shr_u(w2, 10))
    v128.store(at, sum(sum(v128.load(at), s0), sum(v128.load(at, 9 * 16), s1)), 16 * 16)
  }
  let a = v128.load(STATE)
  let b = v128.load(STATE, 16)
  let c = v128.load(STATE, 32)
  let d = v128.load(STATE, 48)
  let e = v128.load(STATE, 64)
  let f = v128.load(STATE, 80)
  let g = v128.load(STATE, 96)
  let h = v128.load(STATE, 112)
  for (let t: usize = 0; t < 64; t++) {
    const s1 = v128.xor(v128.xor(rotated(e, 6), rotated(e, 11)), rotated(e, 25))
    const choice = v128.xor(v128.and(v128.xor(f, g), e), g)
    const given = sum(v128.load_splat<u32>(CONSTANTS + 4 * t), v128.load(WORDS + 16 * t))
    const t1 = sum(sum(h, s1), sum(choice, given))
    const s0 = v128.xor(v128.xor(rotated(a, 2), rotated(a, 13)), rotated(a, 22))
    const majority = v128.xor(v128.and(v128.xor(a, b), v128.xor(b, c)), b)
    h = g
    g = f
    f = e
    e = sum(d, t1)
    d = c
    c = b
    b = a
    a = sum(t1, sum(s0, majority))
  }
  v128.store(STATE, sum(v128.load(STATE), a))
  v128.store(STATE, sum(v128.load(STATE, 16), b), 16)
  v128.store(STATE, sum(v128.load(STATE, 32), c), 32)
  v128.store(STATE, sum(v128.load(STATE, 48), d), 48)
  v128.store(STATE, sum(v128.load(STATE, 64), e), 64)
  v128.store(STATE, sum(v128.load(STATE, 80), f), 80)
  v128.store(STATE, sum(v128.load(STATE, 96), g), 96)
  v128.store(STATE, sum(v128.load(STATE, 112), h), 112)
}

/** Writes the hash of the message in a lane. */
export function digestTo(to: usize, lane: usize): void {
  for (let i: usize = 0; i < 8; i++) store<u32>(to + 4 * i, bswap<u32>(load<u32>(STATE + 16 * i + 4 * lane)))
}

@inline
function rotated(vector: v128, bits: i32): v128 {
  return v128.or(i32x4.shr_u(vector, bits), i32x4.shl(vector, 32 - bits))
}

@inline
function sum(x: v128, y: v128): v128 {
  return i32x4.add(x, y)
}
