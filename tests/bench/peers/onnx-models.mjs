/**
 * The benchmark's models as ONNX files: histories in, masked lists out.
 *
 * `form` is how the history comes in. 'gather' looks up the rows of the history; 'dense' multiplies a
 * vector over the whole catalogue, as exports usually do. `precision` is that of the item tables: 'f32', or
 * 'int8' with a scale for each row, the activations quantised as they come (what the tools of
 * onnxruntime call dynamic quantisation, per channel).
 *
 * Inputs: items (batch x history) with their weights (batch x history, or batch x products where dense);
 * of a sequence its last items (batch x length) and all that were seen (batch x history). Output: items
 * (batch x 20), best first, none of the history.
 */
import { listLength, sequenceConstants, transpose } from './models.mjs'
import { elementTypes, OnnxGraph } from './onnx-graph.mjs'

const { FLOAT, INT32, INT64 } = elementTypes

export function onnxFile(model, options) {
  const parts = new ModelGraph(model, options)
  const encode = { 'model-m': multVae, compact: recVae, sequence: transformer }[model.name]
  return parts.finish(encode(parts, model))
}

function multVae(parts) {
  const hidden = parts.node('Tanh', [parts.addBias(parts.sumHistory('encoder.table'), 'encoder')])
  return parts.node('Tanh', [parts.dense(parts.dense(hidden, 'latent'), 'decoder')])
}

function recVae(parts, { layers }) {
  let sum = parts.addBias(parts.sumHistory('item.table'), 'encoder')
  let skips
  for (let i = 0; ; ++i) {
    const swish = parts.node('Mul', [sum, parts.node('Sigmoid', [sum])])
    const out = parts.norm(swish, `encoder${i}.norm`, 0.1)
    if (i + 1 === layers) return parts.dense(out, 'latent')
    skips = i === 0 ? out : parts.node('Add', [skips, out])
    sum = parts.node('Add', [parts.dense(out, `encoder${i + 1}`), skips])
  }
}

function transformer(parts, model) {
  const { width, blocks, frequency, length } = model
  for (const [name, { values, shape }] of Object.entries(sequenceConstants(model))) {
    parts.constant(name, values, shape)
  }
  let x = parts.norm(parts.node('Add', [parts.rows('item.table'), 'places']), 'input', 1e-12)
  for (let i = 0; i < blocks; ++i) x = block(x, `block${i}`, i + 1 === blocks)
  return parts.node('Reshape', [x, parts.integers(-1, width)])

  /** Of the last block only the last position is computed. */
  function block(rows, name, isLast) {
    const last = (x) => parts.node('Gather', [x, parts.integers(length - 1)], { axis: -2 })
    const own = isLast ? last(rows) : rows
    const query = parts.scale(parts.dense(own, `${name}.query`), 1 / Math.sqrt(width))
    const key = parts.node('Transpose', [parts.dense(rows, `${name}.key`)], { perm: [0, 2, 1] })
    const scores = parts.node('MatMul', [query, key])
    const masked = isLast ? scores : parts.node('Add', [scores, 'causal'])
    const weights = parts.node('Softmax', [masked], { axis: -1 })
    const context = parts.node('MatMul', [weights, parts.dense(rows, `${name}.value`)])
    const attended = parts.node('Add', [parts.dense(context, `${name}.output`), own])
    const attention = parts.norm(attended, `${name}.attention`, 1e-12)

    const filter = isLast ? last('low pass') : 'low pass'
    const slow = parts.node('MatMul', [filter, rows])
    const fast = parts.node('Mul', [parts.node('Sub', [own, slow]), `${name}.rescale`])
    const branch = parts.node('Add', [parts.node('Add', [slow, fast]), own])
    const filtered = parts.norm(branch, `${name}.frequency`, 1e-12)

    const mixed = parts.node('Add', [
      parts.scale(filtered, frequency),
      parts.scale(attention, 1 - frequency),
    ])
    const inner = parts.node('Gelu', [parts.dense(mixed, `${name}.inner`)])
    const out = parts.node('Add', [parts.dense(inner, `${name}.outer`), mixed])
    return parts.norm(out, `${name}.final`, 1e-12)
  }
}

/** What the models are made of, over the tensors of one of them. */
class ModelGraph extends OnnxGraph {
  #model
  #form
  #precision
  #seen

  constructor(model, { form, precision }) {
    super()
    this.#model = model
    this.#form = form
    this.#precision = precision
    const isSequence = model.name === 'sequence'
    this.input('items', INT32, ['batch', isSequence ? model.length : 'history'])
    this.#seen = isSequence ? this.input('seen', INT32, ['batch', 'history']) : 'items'
  }

  integers(...values) {
    return this.constant(`integers ${values}`, BigInt64Array.from(values, BigInt))
  }

  scale(x, factor) {
    return this.node('Mul', [x, this.constant(`factor ${factor}`, Float32Array.of(factor), [])])
  }

  addBias(x, name) {
    return this.node('Add', [x, this.constant(`${name}.bias`, this.#values(`${name}.bias`))])
  }

  dense(x, name) {
    const { values, shape } = transpose(this.#model.tensors[`${name}.weight`])
    this.constant(`${name}.weight`, values, shape)
    return this.addBias(this.node('MatMul', [x, `${name}.weight`]), name)
  }

  norm(x, name, epsilon) {
    const gain = this.constant(`${name}.gain`, this.#values(`${name}.gain`))
    const bias = this.constant(`${name}.bias`, this.#values(`${name}.bias`))
    return this.node('LayerNormalization', [x, gain, bias], { axis: -1, epsilon })
  }

  /** The table's rows of the history: batch x history x width. */
  rows(table) {
    const { values, scales } = this.#table(table)
    const rows = this.node('Gather', [values, 'items'])
    if (!scales) return rows
    const ownScales = this.node('Unsqueeze', [
      this.node('Gather', [scales, 'items']),
      this.integers(-1),
    ])
    return this.node('Mul', [this.node('Cast', [rows], { to: FLOAT }), ownScales])
  }

  /** The weighted sum of the table's rows: batch x width. */
  sumHistory(table) {
    const { nItems, tensors } = this.#model
    const width = tensors[table].shape[1]
    if (this.#form === 'gather') {
      const weights = this.input('weights', FLOAT, ['batch', 'history'])
      const row = this.node('Unsqueeze', [weights, this.integers(1)])
      const sum = this.node('MatMul', [row, this.rows(table)])
      return this.node('Reshape', [sum, this.integers(-1, width)])
    }
    const { values, scales } = this.#table(table)
    const weights = this.input('weights', FLOAT, ['batch', nItems])
    if (!scales) return this.node('MatMul', [weights, values])
    return this.#multiplyInt8(this.node('Mul', [weights, scales]), values)
  }

  /** Scores all products by the history's vector `x` (batch x width), masks and lists. */
  finish(x) {
    const { tensors } = this.#model
    const { values, scales } = this.#table('item.table')
    let scores
    if (scales) {
      const table = this.node('Transpose', [values], { perm: [1, 0] })
      scores = this.#multiplyInt8(x, table, scales)
    } else {
      scores = this.node('Gemm', [x, values], { transB: 1 })
    }
    if (tensors['item.bias']) scores = this.addBias(scores, 'item')
    const never = this.constant('never', Float32Array.of(-Infinity))
    const masks = this.node('Expand', [never, this.node('Shape', [this.#seen])])
    const masked = this.node('ScatterElements', [scores, this.#seen, masks], { axis: 1 })
    const [, list] = this.nodes('TopK', [masked, this.integers(listLength)], 2, { axis: 1 })
    this.output(list, INT64, ['batch', listLength])
    return this.encode()
  }

  /** x times an int8 matrix with a scale for each of its columns, in the form that is fused. */
  #multiplyInt8(x, matrix, scales) {
    const [values, scale, zero] = this.nodes('DynamicQuantizeLinear', [x], 3)
    const sums = this.node('MatMulInteger', [values, matrix, zero])
    const bothScales = scales ? this.node('Mul', [scale, scales]) : scale
    return this.node('Mul', [this.node('Cast', [sums], { to: FLOAT }), bothScales])
  }

  #table(name) {
    const { values, shape } = this.#model.tensors[name]
    if (this.#precision === 'f32') return { values: this.constant(name, values, shape) }
    if (!this.has(name)) {
      const rows = quantizeRows(values, shape)
      this.constant(name, rows.values, shape)
      this.constant(`${name}.scale`, rows.scales)
    }
    return { values: name, scales: `${name}.scale` }
  }

  #values(name) {
    return this.#model.tensors[name].values
  }
}

/** Symmetric int8 with a scale for each row. */
function quantizeRows(values, [rows, cols]) {
  const result = { values: new Int8Array(values.length), scales: new Float32Array(rows) }
  for (let r = 0; r < rows; ++r) {
    const row = values.subarray(r * cols, (r + 1) * cols)
    const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    result.scales[r] = largest / 127
    for (let c = 0; c < cols; ++c)
      result.values[r * cols + c] = Math.round((row[c] * 127) / largest)
  }
  return result
}
