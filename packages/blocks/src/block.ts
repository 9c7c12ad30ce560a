/** What a field holds: a number, or the byte offset of something in the same memory. All are little-endian. */
export type FieldType = 'pointer' | 'i32' | 'u32' | 'u64' | 'f32' | 'f64'

/** One value, or an array of so many. */
type Field = FieldType | readonly [FieldType, number]
type Fields = { readonly [name: string]: Field }

/** Where a field lies. */
export type FieldPlace = {
  readonly name: string
  readonly type: FieldType
  /** null for one value */
  readonly count: number | null
  /** bytes from the beginning of the block */
  readonly offset: number
}

export type Block<Described extends Fields> = {
  /** of the AssemblyScript class */
  readonly name: string
  /** in the order of the memory */
  readonly places: readonly FieldPlace[]
  readonly offsets: { readonly [Name in keyof Described]: number }
  /** length, with what the fields leave free between them */
  readonly bytes: number
  /** as described; for the types */
  readonly fields: Described
}

/** What a block is written from: a number for each field, an array for each array. */
export type BlockValues<Described extends Fields> = {
  readonly [Name in keyof Described]: Described[Name] extends FieldType ? number : ArrayLike<number>
}

const BYTES: Readonly<Record<FieldType, number>> = { pointer: 4, i32: 4, u32: 4, u64: 8, f32: 4, f64: 8 }

const SETTERS: Readonly<Record<FieldType, (view: DataView, at: number, value: number) => void>> = {
  pointer: (view, at, value) => view.setUint32(at, value, true),
  i32: (view, at, value) => view.setInt32(at, value, true),
  u32: (view, at, value) => view.setUint32(at, value, true),
  u64: (view, at, value) => view.setBigUint64(at, BigInt(value), true),
  f32: (view, at, value) => view.setFloat32(at, value, true),
  f64: (view, at, value) => view.setFloat64(at, value, true),
}

/**
 * Lays out a block as AssemblyScript lays out a class: in the order of the fields, each at a multiple of its size.
 *
 * @param name   of the AssemblyScript class
 * @param fields type of each field; arrays last
 */
export function describeBlock<const Described extends Fields>(name: string, fields: Described): Block<Described> {
  const places: FieldPlace[] = []
  let end = 0
  for (const [field, description] of Object.entries(fields)) {
    const [type, count] = typeof description === 'string' ? [description, null] : description
    const offset = Math.ceil(end / BYTES[type]) * BYTES[type]
    places.push({ name: field, type, count, offset })
    end = offset + BYTES[type] * (count ?? 1)
  }
  const offsets = Object.fromEntries(places.map((place) => [place.name, place.offset]))
  return { name, places, offsets: offsets as Block<Described>['offsets'], bytes: end, fields }
}

/**
 * Writes every field of a block. Arrays may be shorter than described; what is behind them becomes 0.
 *
 * @param to.at byte offset, a multiple of the largest field's size
 */
export function writeBlock<Described extends Fields>(
  block: Block<Described>,
  to: { readonly buffer: ArrayBufferLike; readonly at: number },
  values: BlockValues<Described>,
): void {
  const view = new DataView(to.buffer, to.at, block.bytes)
  for (const { name, type, count, offset } of block.places) {
    const value = values[name]
    for (let index = 0; index < (count ?? 1); index++) {
      const own = typeof value === 'number' ? value : ((value as ArrayLike<number>)[index] ?? 0)
      SETTERS[type](view, offset + BYTES[type] * index, own)
    }
  }
}
