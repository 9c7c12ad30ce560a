/** State of all keys of one kind, in words of 32 bits: three views of the same bytes. */
export type Slab = { i32: Int32Array; u32: Uint32Array; f64: Float64Array }

export function createSlab(words: number): Slab {
  return viewsOf(new Int32Array(words))
}

/** Makes room; what is added holds zeros. */
export function growSlab(slab: Slab, words: number): void {
  const wider = new Int32Array(words)
  wider.set(slab.i32)
  Object.assign(slab, viewsOf(wider))
}

function viewsOf(i32: Int32Array<ArrayBuffer>): Slab {
  return { i32, u32: new Uint32Array(i32.buffer), f64: new Float64Array(i32.buffer) }
}
