/** Writes ONNX files, node by node, with the protobuf schema of the onnx-proto package. */
import onnxProto from 'onnx-proto'

const { onnx } = onnxProto
const { FLOAT, INT8, INT32, INT64 } = onnx.TensorProto.DataType
const { AttributeType } = onnx.AttributeProto
const opset = 20

const types = new Map([
  [Float32Array, FLOAT],
  [Int8Array, INT8],
  [Int32Array, INT32],
  [BigInt64Array, INT64],
])

export const elementTypes = { FLOAT, INT32, INT64 }

export class OnnxGraph {
  #nodes = []
  #initializers = new Map()
  #inputs = []
  #outputs = []

  /** An input of the graph; a dimension may be a name. */
  input(name, elementType, dims) {
    this.#inputs.push(valueInfo(name, elementType, dims))
    return name
  }

  output(name, elementType, dims) {
    this.#outputs.push(valueInfo(name, elementType, dims))
  }

  has(constant) {
    return this.#initializers.has(constant)
  }

  /** A tensor of the file, written once for each name. */
  constant(name, values, dims = [values.length]) {
    if (!this.has(name)) {
      const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
      const dataType = types.get(values.constructor)
      this.#initializers.set(name, { name, dims, dataType, rawData })
    }
    return name
  }

  /** Adds a node and returns the name of its output. */
  node(opType, input, attributes = {}) {
    return this.nodes(opType, input, 1, attributes)[0]
  }

  /** Adds a node and returns the names of its `count` outputs. */
  nodes(opType, input, count, attributes = {}) {
    const name = `${opType}.${this.#nodes.length}`
    const output = Array.from({ length: count }, (_, i) => `${name}.${i}`)
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value))
    this.#nodes.push({ name, opType, input, output, attribute })
    return output
  }

  /** The file's bytes. */
  encode() {
    const model = {
      irVersion: onnx.Version.IR_VERSION,
      producerName: 'vitrine-bench',
      opsetImport: [{ domain: '', version: opset }],
      graph: {
        name: 'recommender',
        node: this.#nodes,
        initializer: [...this.#initializers.values()],
        input: this.#inputs,
        output: this.#outputs,
      },
    }
    return onnx.ModelProto.encode(model).finish()
  }
}

function valueInfo(name, elemType, dims) {
  const dim = dims.map((d) => (typeof d === 'string' ? { dimParam: d } : { dimValue: d }))
  return { name, type: { tensorType: { elemType, shape: { dim } } } }
}

/** Whole numbers are integers, which no real attribute of our models is. */
function attributeOf(name, value) {
  if (Array.isArray(value)) return { name, type: AttributeType.INTS, ints: value }
  if (Number.isInteger(value)) return { name, type: AttributeType.INT, i: value }
  return { name, type: AttributeType.FLOAT, f: value }
}
