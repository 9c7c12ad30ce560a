/**
 * The few instructions of pickle's protocol 2 (https://docs.python.org/3/library/pickletools.html) that a dictionary of tensors
 * needs. PyTorch reads them with `weights_only=True`.
 */

/** A tensor whose values lie in a file of their own. */
export type PickledTensor = {
  readonly name: string
  readonly shape: readonly number[]
  /** Key of the storage: the name of its file in `data/`. */
  readonly storage: string
}

const PROTO = Uint8Array.of(0x80, 2)
const EMPTY_DICT = Uint8Array.of(0x7d)
const EMPTY_TUPLE = Uint8Array.of(0x29)
const MARK = Uint8Array.of(0x28)
const TUPLE = Uint8Array.of(0x74)
const REDUCE = Uint8Array.of(0x52)
const PERSISTENT = Uint8Array.of(0x51)
const SET_ITEMS = Uint8Array.of(0x75)
const FALSE = Uint8Array.of(0x89)
const STOP = Uint8Array.of(0x2e)

/**
 * A state dictionary by name: contiguous f32 tensors on the CPU that need no gradient, as `torch.save` writes them.
 *
 * @example
 * ```ts
 * pickledTensors([{ name: 'policy.head', shape: [4, 64, 4], storage: '0' }])
 * ```
 */
export function pickledTensors(tensors: readonly PickledTensor[]): Uint8Array {
  return Buffer.concat([PROTO, EMPTY_DICT, MARK, ...tensors.flatMap(item), SET_ITEMS, STOP])
}

function item({ name, shape, storage }: PickledTensor): Uint8Array[] {
  const size = shape.reduce((product, dimension) => product * dimension, 1)
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, dimension) => product * dimension, 1))
  return [
    text(name),
    named('torch._utils', '_rebuild_tensor_v2'),
    MARK,
    // ('storage', type, key, device, number of values)
    ...tuple([text('storage'), named('torch', 'FloatStorage'), text(storage), text('cpu'), integer(size)]),
    PERSISTENT,
    integer(0),
    ...tuple(shape.map(integer)),
    ...tuple(strides.map(integer)),
    FALSE,
    // Hooks of the gradient: none.
    ...[named('collections', 'OrderedDict'), EMPTY_TUPLE, REDUCE],
    TUPLE,
    REDUCE,
  ]
}

function tuple(items: readonly Uint8Array[]): Uint8Array[] {
  return [MARK, ...items, TUPLE]
}

/** GLOBAL: a name of a module. */
function named(module: string, name: string): Uint8Array {
  return Buffer.from(`c${module}\n${name}\n`)
}

/** BINUNICODE: bytes of UTF-8 behind their number. */
function text(value: string): Uint8Array {
  const head = Buffer.alloc(5, 'X')
  head.writeUInt32LE(Buffer.byteLength(value), 1)
  return Buffer.concat([head, Buffer.from(value)])
}

/** BININT: a number below 2^31. */
function integer(value: number): Uint8Array {
  const bytes = Buffer.alloc(5, 'J')
  bytes.writeInt32LE(value, 1)
  return bytes
}
