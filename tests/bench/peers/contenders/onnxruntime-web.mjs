/**
 * onnxruntime's WebAssembly build in its smallest import, one thread, masking and top 20 inside the
 * graph.
 */
import * as ort from 'onnxruntime-web/wasm'

export async function create({ load, file, model, form, historyLength }) {
  ort.env.wasm.numThreads = 1
  const session = await ort.InferenceSession.create(new Uint8Array(await load(file)), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  })
  const vector = form === 'dense' ? new Float32Array(model.nItems) : undefined
  let history = []

  const integers = (values) => new ort.Tensor('int32', Int32Array.from(values), [1, values.length])
  const reals = (values) => new ort.Tensor('float32', values, [1, values.length])
  function feeds() {
    if (model.name === 'sequence') {
      return { items: integers(history.slice(-historyLength)), seen: integers(history) }
    }
    const weight = 1 / Math.sqrt(history.length)
    if (!vector) {
      const weights = new Float32Array(history.length).fill(weight)
      return { items: integers(history), weights: reals(weights) }
    }
    for (const item of history) vector[item] = weight
    return { items: integers(history), weights: reals(vector) }
  }

  return {
    start(items) {
      vector?.fill(0)
      history = Array.from(items)
    },
    click(item) {
      history.push(item)
    },
    async list() {
      const outputs = await session.run(feeds())
      return Array.from(outputs[session.outputNames[0]].data, Number)
    },
  }
}
