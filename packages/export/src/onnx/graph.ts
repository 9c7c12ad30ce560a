/** A graph of ONNX while it is put together: nodes in their order, each value with a name. */
import { onnx } from '../../generated/onnx.js'

/** Name of a value in the graph. */
export type Value = string

/** Element types of tensors, with their numbers in ONNX. */
const ELEMENT = { float: 1, int64: 7, string: 8, bool: 9, double: 11 } as const

/** A type of elements. */
export type ElementType = keyof typeof ELEMENT

/** Number of an attribute, or several, or texts. */
type Attributes = Readonly<Record<string, number | readonly number[] | readonly string[]>>

/** What the graph has from outside, or gives. A text is a dimension's name. */
type Port = {
  readonly name: string
  readonly type: ElementType
  readonly shape: readonly (number | string)[]
  readonly about: string
}

/** Versions that a model written here needs; opset 17 is of July 2022. */
const IR_VERSION = 8
const OPSETS = { '': 17, 'ai.onnx.ml': 2 } as const

/** Names within the graph begin so, that no input has the same. */
export const INNER_PREFIX = 'vigil/'

/** @see createGraph */
export type Graph = {
  input(port: Port): Value
  /** Gives a value under a name of its own. */
  output(port: Port, value: Value): void
  constant(type: Exclude<ElementType, 'string' | 'bool'>, values: ArrayLike<number>, shape?: readonly number[]): Value
  /** The one result of an operation. */
  op(type: string, inputs: readonly Value[], attributes?: Attributes): Value
  /** The results of an operation that has several. */
  ops(type: string, inputs: readonly Value[], results: number, attributes?: Attributes): Value[]
  cast(value: Value, type: ElementType): Value
  /** The whole model. */
  encode(about: ModelText): Uint8Array
}

/** What a model says of itself. */
type ModelText = {
  readonly version: string
  readonly about: string
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * An empty graph. Names follow from the order of the calls, so the same calls give the same bytes.
 *
 * @example
 * ```ts
 * const graph = createGraph()
 * const x = graph.input({ name: 'x', type: 'float', shape: ['N'], about: 'a number' })
 * graph.output({ name: 'y', type: 'float', shape: ['N'], about: 'its double' }, graph.op('Add', [x, x]))
 * graph.encode({ version: '0.1.0', about: 'doubles', metadata: {} })
 * ```
 */
export function createGraph(): Graph {
  const node: onnx.INodeProto[] = []
  const initializer: onnx.ITensorProto[] = []
  const [input, output]: onnx.IValueInfoProto[][] = [[], []]
  let named = 0
  const nextName = (kind: string) => `${INNER_PREFIX}${named++}.${kind}`

  function ops(type: string, inputs: readonly Value[], results: number, attributes: Attributes = {}): Value[] {
    const names = Array.from({ length: results }, () => nextName(type))
    const domain = type === 'LabelEncoder' ? 'ai.onnx.ml' : ''
    const attribute = Object.entries(attributes).map(attributeOf)
    node.push({ input: [...inputs], output: names, name: names[0], opType: type, domain, attribute })
    return names
  }
  const op = (type: string, inputs: readonly Value[], attributes: Attributes = {}) =>
    ops(type, inputs, 1, attributes)[0]

  return {
    ops,
    op,
    cast: (value, type) => op('Cast', [value], { to: ELEMENT[type] }),
    input(port) {
      input.push(portOf(port))
      return port.name
    },
    output(port, value) {
      node.push({ input: [value], output: [port.name], name: port.name, opType: 'Identity', domain: '', attribute: [] })
      output.push(portOf(port))
    },
    constant(type, values, shape = [values.length]) {
      const name = nextName('constant')
      initializer.push({ name, dims: [...shape], dataType: ELEMENT[type], rawData: rawData(type, values) })
      return name
    },
    encode({ version, about, metadata }) {
      const model: onnx.IModelProto = {
        ...{ irVersion: IR_VERSION, producerName: 'vigil', producerVersion: version, docString: about },
        graph: { name: 'team', node, initializer, input, output },
        opsetImport: Object.entries(OPSETS).map(([domain, opset]) => ({ domain, version: opset })),
        metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      }
      return onnx.ModelProto.encode(model).finish()
    },
  }
}

function portOf({ name, type, shape, about }: Port): onnx.IValueInfoProto {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }))
  return { name, docString: about, type: { tensorType: { elemType: ELEMENT[type], shape: { dim } } } }
}

function attributeOf([name, value]: [string, Attributes[string]]): onnx.IAttributeProto {
  const { INT, INTS, STRINGS } = onnx.AttributeProto.AttributeType
  if (typeof value === 'number') return { name, type: INT, i: value }
  if (value.every((one) => typeof one === 'number'))
    return { name, type: INTS, ints: [...(value as readonly number[])] }
  return { name, type: STRINGS, strings: value.map((text) => Buffer.from(text as string)) }
}

/** Little-endian, as every host that Node runs on. */
function rawData(type: 'float' | 'int64' | 'double', values: ArrayLike<number>): Uint8Array {
  const array =
    type === 'float'
      ? Float32Array.from(values)
      : type === 'double'
        ? Float64Array.from(values)
        : BigInt64Array.from(Array.from(values, BigInt))
  return new Uint8Array(array.buffer)
}
