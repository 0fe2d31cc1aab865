/**
 * What the engine's kernels are held to. Needs nothing but WebAssembly and the package, so a page can
 * import it too.
 */

/** Numbers of [0, 2^32), the same for the same seed (Marsaglia's xorshift). */
function random(seed) {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/**
 * Where the functions of kernels.wasm, those named by `forms`, do not give the sums of obvious loops:
 * one group of rows and many, one step and many, extreme values alone and others.
 */
export async function wrongSums(bytes, forms) {
  const memory = new WebAssembly.Memory({ initial: 64 })
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } })
  const wrong = []
  const shapes = [4, 8, 256].flatMap((rows) => [32, 64, 608, 4096].map((width) => [rows, width]))
  for (const [nRows, width] of shapes) {
    for (const kind of ['random', 'largest', 'smallest']) {
      for (const form of forms) {
        for (const type of ['int8', 'int4']) {
          const next = random(nRows + width)
          const rowBytes = type === 'int8' ? width : width / 2
          const rows = new Uint8Array(memory.buffer, 1024, nRows * rowBytes)
          const digits = new Uint8Array(memory.buffer, rows.byteOffset + rows.length, width)
          const sums = new Int32Array(memory.buffer, digits.byteOffset + width, nRows + 1)
          const extreme = {
            largest: type === 'int8' ? 127 : 0xff,
            smallest: type === 'int8' ? 128 : 0,
          }
          for (const i of rows.keys()) rows[i] = extreme[kind] ?? next()
          for (const i of digits.keys()) digits[i] = kind === 'random' ? next() >>> 25 : 127
          sums.fill(-1)
          const expected = Int32Array.from({ length: nRows }, (_, r) =>
            (type === 'int8' ? int8Sum : int4Sum)(rows.subarray(r * rowBytes), digits),
          )
          const kernel = instance.exports[`${type}_${form}`]
          kernel(rows.byteOffset, rowBytes, nRows, digits.byteOffset, sums.byteOffset)
          if (`${sums}` !== `${expected},-1`)
            wrong.push(`${type} ${form} ${kind} ${nRows} x ${width}`)
        }
      }
    }
  }
  return wrong
}

const int8Sum = (row, digits) => digits.reduce((sum, x, c) => sum + ((row[c] << 24) >> 24) * x, 0)

const int4Sum = (row, digits) =>
  digits.reduce((sum, x, c) => {
    const pair = row[(c >> 5) * 16 + (c & 15)]
    return sum + ((c & 31) < 16 ? pair & 15 : pair >> 4) * x
  }, 0)

/**
 * Lists by every kind of kernels of one model, `{ kernels, lists }` each; a list is of [id, score].
 * Kinds that the host lacks come out as what ran instead.
 */
export async function listsByKind({ createRecommender, wasm }, model) {
  const made = []
  for (const kernels of ['scalar', 'simd128', 'relaxed-simd']) {
    const recommender = await createRecommender({ model, wasm, kernels, now: () => 1.7e12 })
    const lists = []
    const size = recommender.catalogue.size
    for (const [shopper, count] of [1, 20, Math.min(300, size)].entries()) {
      recommender.clear()
      for (let i = 0; i < 25; ++i) {
        const { id } = recommender.catalogue.at((shopper * 31 + i * 97) % size)
        recommender.track({ event: 'view_item', id })
      }
      const { items } = await recommender.recommend({ count, exclude: ['SKU-5'] })
      lists.push(items.map(({ id, score }) => [id, score]))
    }
    made.push({ kernels: recommender.describe().kernels, lists })
    recommender.close()
  }
  return made
}
