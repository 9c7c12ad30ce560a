/** Memory of env.wasm in which tests lay out what they need, one thing after another. */
export function createArena(pages: number) {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const { buffer } = memory
  // What the module has of its own lies below.
  let next = 65_536
  const place = (bytes: number) => {
    const at = next
    next = Math.ceil((at + bytes) / 64) * 64
    return at
  }
  /** @returns where a copy of the values lies */
  const put = (values: Uint8Array | Uint32Array | Float32Array) => {
    const at = place(values.byteLength)
    new Uint8Array(buffer, at, values.byteLength).set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    )
    return at
  }
  return { memory, buffer, place, put }
}
