/** A typed array that grows as values are appended. */
export type Growing<A extends Int32Array | Float64Array> = {
  readonly length: number
  push(value: number): void
  /** Takes the last value back. */
  pop(): void
  at(index: number): number
  /** The values so far; shares memory with the array until the next push. */
  values(): A
}

type Constructor<A> = { new (length: number): A }

/** @example const codes = growing(Int32Array) */
export function growing<A extends Int32Array | Float64Array>(create: Constructor<A>): Growing<A> {
  let items = new create(1024)
  let length = 0
  return {
    get length() {
      return length
    },
    push(value) {
      if (length === items.length) {
        const larger = new create(2 * length)
        larger.set(items as never)
        items = larger
      }
      items[length++] = value
    },
    pop() {
      length--
    },
    at: (index) => items[index],
    values: () => items.subarray(0, length) as A,
  }
}
