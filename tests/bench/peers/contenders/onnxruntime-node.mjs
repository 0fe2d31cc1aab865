/** onnxruntime's native build, all cores. */
import * as ort from 'onnxruntime-node'

export async function createBatch({ path, model, threads }) {
  const session = await ort.InferenceSession.create(path, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
  })
  return {
    async lists(histories) {
      const start = performance.now()
      const shape = [histories.length, histories[0].length]
      const items = new ort.Tensor(
        'int32',
        Int32Array.from(histories.flatMap((it) => [...it])),
        shape,
      )
      const weights = new Float32Array(items.size).fill(1 / Math.sqrt(shape[1]))
      const inputs =
        model.name === 'sequence'
          ? { items, seen: items }
          : { items, weights: new ort.Tensor('float32', weights, shape) }
      const { data, dims } = (await session.run(inputs))[session.outputNames[0]]
      const flat = Array.from(data, Number)
      const lists = histories.map((_, i) => flat.slice(i * dims[1], (i + 1) * dims[1]))
      return { lists, ms: performance.now() - start }
    },
    close: () => session.release(),
  }
}
