/** Every rule of FORMAT.md has its attack: a file that breaks it, and the error that says so. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRecommender, VitrineError } from 'vitrine'
import {
  joinFile,
  linearStore,
  popularityStore,
  sampleProducts,
  writeTensorFile,
} from '../support/store-writer.mjs'

const products = sampleProducts(16)
const store = popularityStore(products)
const whole = writeTensorFile(store)
const headerLength = Number(new DataView(whole.buffer).getBigUint64(0, true))
const payload = whole.subarray(8 + headerLength)

/** A valid file but for its header, which `change` works on; the payload stays. */
const withHeader = (change) =>
  writeTensorFile({
    ...store,
    edit(header) {
      change(header)
      return header
    },
  })
const withMetadata = (metadata) =>
  writeTensorFile({ ...store, metadata: { ...store.metadata, ...metadata } })
const withTensors = (tensors) =>
  writeTensorFile({ ...store, tensors: { ...store.tensors, ...tensors } })
const withWeight = (weight) =>
  withTensors({ popularity: { values: Float32Array.from(products, (_, i) => (i ? 1 : weight)) } })
const without = (name) =>
  writeTensorFile({
    ...store,
    tensors: Object.fromEntries(Object.entries(store.tensors).filter(([key]) => key !== name)),
  })
const altered = (file, position) => {
  const copy = file.slice()
  copy[position] ^= 1
  return copy
}
const withHeaderLength = (length) => {
  const copy = whole.slice()
  new DataView(copy.buffer).setBigUint64(0, BigInt(length), true)
  return copy
}
const text = (string) => new TextEncoder().encode(string)

const attacks = {
  'an empty file': [new Uint8Array(0), 'bad-format', /ends after 0 bytes/],
  'a file of a few bytes': [whole.slice(0, 5), 'bad-format', /ends after 5 bytes/],
  'binary garbage': [text('\x7fELF\x02\x01\x01 and more'), 'bad-format', /length is impossible/],
  'an HTML page': [text('<!DOCTYPE html>\n<title>Shop</title>'), 'bad-format', /HTML page/],
  'an HTML page after blanks': [text('\n  <html><body>404'), 'bad-format', /HTML page/],
  'a header longer than the file': [withHeaderLength(whole.length), 'bad-format', /impossible/],
  'a header of 2^60 bytes': [withHeaderLength(2n ** 60n), 'bad-format', /impossible/],
  'a header cut off': [whole.slice(0, 200), 'bad-format', /impossible/],
  'a header shorter than its JSON': [withHeaderLength(120), 'bad-format', /not JSON/],
  'a header that is no JSON': [joinFile('{"a": ', payload), 'bad-format', /not JSON/],
  'a header that is a list': [joinFile('[]', payload), 'bad-format', /not JSON/],
  'a header that is not UTF-8': [
    joinFile('{"\xff": 1}', payload).map((byte) => (byte === 0xc3 ? 0xff : byte)),
    'bad-format',
    /not JSON/,
  ],
  'metadata that is not text': [
    withHeader((header) => {
      header.__metadata__['vitrine.items'] = 16
    }),
    'bad-format',
    /'vitrine.items' is not text/,
  ],
  'metadata that is no object': [
    withHeader((header) => {
      header.__metadata__ = []
    }),
    'bad-format',
    /metadata is not an object/,
  ],
  'no metadata at all': [
    withHeader((header) => {
      delete header.__metadata__
    }),
    'not-found',
    /'vitrine.version' is missing/,
  ],
  'a file cut short': [whole.slice(0, -64), 'bad-format', /cut short: \d+ of \d+ bytes/],
  'bytes after the last tensor': [
    new Uint8Array([...whole, ...new Uint8Array(64)]),
    'bad-format',
    /longer than it says/,
  ],
  'one altered byte of a weight': [
    altered(whole, whole.length - 100),
    'bad-format',
    /does not match its SHA-256.*download it again/,
  ],
  'an altered header': [
    altered(whole, Buffer.from(whole).indexOf('"serve.repeats":"') + '"serve.repeats":"'.length),
    'bad-format',
    /does not match its SHA-256/,
  ],
  'a hash of something else': [
    withMetadata({ 'vitrine.sha256': '0'.repeat(64) }),
    'bad-format',
    /does not match its SHA-256/,
  ],
  'no hash': [
    withHeader((header) => {
      delete header.__metadata__['vitrine.sha256']
    }),
    'not-found',
    /'vitrine.sha256' is missing/,
  ],
  'a version of the future': [
    withMetadata({ 'vitrine.version': '2' }),
    'unsupported-version',
    /version 2 is newer.*update vitrine/,
  ],
  'a version that is no number': [
    withMetadata({ 'vitrine.version': 'one' }),
    'bad-format',
    /'vitrine.version' is no whole number: 'one'/,
  ],
  'a required feature of the future': [
    withMetadata({ 'vitrine.requires': '4' }),
    'unsupported-version',
    /bits 4.*update vitrine/,
  ],
  'a model of the future': [
    withMetadata({ 'vitrine.model': 'oracle' }),
    'unsupported',
    /model 'oracle'.*update vitrine/,
  ],
  'a weight that is no number': [
    withWeight(Number.NaN),
    'bad-format',
    /'popularity' has a value that is no finite number; train or export the model again/,
  ],
  'an infinite weight': [
    withWeight(Number.NEGATIVE_INFINITY),
    'bad-format',
    /'popularity' has a value that is no finite number/,
  ],
  'overlapping tensors': [
    withHeader((header) => {
      header.popularity.data_offsets = header.catalogue.data_offsets
    }),
    'bad-format',
    /leaves a gap or overlaps/,
  ],
  'a gap between tensors': [
    withHeader((header) => {
      delete header.popularity
    }),
    'bad-format',
    /leaves a gap or overlaps/,
  ],
  'a tensor that ends before it begins': [
    withHeader((header) => {
      header.popularity.data_offsets.reverse()
    }),
    'bad-format',
    /gap or overlaps|ends outside/,
  ],
  'a tensor with a fraction of a byte': [
    withHeader((header) => {
      header.popularity.data_offsets[0] += 0.5
    }),
    'bad-format',
    /'popularity' is not described/,
  ],
  'a tensor with a negative dimension': [
    withHeader((header) => {
      header.popularity.shape = [-16]
    }),
    'bad-format',
    /'popularity' is not described/,
  ],
  'a tensor with one more field': [
    withHeader((header) => {
      header.popularity.strides = [1]
    }),
    'bad-format',
    /'popularity' is not described/,
  ],
  'a tensor that is null': [
    withHeader((header) => {
      header.popularity = null
    }),
    'bad-format',
    /'popularity' is not described/,
  ],
  'a shape that does not fill its bytes': [
    withHeader((header) => {
      header.popularity.shape = [15]
    }),
    'bad-format',
    /does not fill its bytes/,
  ],
  'a shape whose size overflows': [
    withHeader((header) => {
      header.popularity.shape = [2 ** 52, 2 ** 52, 2 ** 52]
    }),
    'bad-format',
    /too large/,
  ],
  'an unknown element type': [
    withHeader((header) => {
      header.popularity.dtype = 'BF16'
    }),
    'unsupported',
    /unknown tensor type 'BF16'/,
  ],
  'a known element type where another belongs': [
    withHeader((header) => {
      header.popularity.dtype = 'U32'
    }),
    'bad-format',
    /'popularity' is U32, not F32/,
  ],
  'padding that hides data': [altered(whole, whole.length - 1), 'bad-format', /no padding|SHA-256/],
  'no catalogue': [without('catalogue'), 'not-found', /'catalogue' is missing/],
  'no popularity': [without('popularity'), 'not-found', /'popularity' is missing/],
  'a catalogue that is no JSON': [
    withTensors({ catalogue: { values: text('{') } }),
    'bad-format',
    /catalogue is damaged/,
  ],
  'a catalogue of other products': [
    withTensors({ catalogue: { values: text('{"id":["a"]}') } }),
    'bad-format',
    /'id' is not a list of 16 strings/,
  ],
  'a catalogue with a price as text': [
    withTensors(popularityStore(products.map((product) => ({ ...product, price: '1' }))).tensors),
    'bad-format',
    /'price' is not a list of 16 numbers/,
  ],
  'a catalogue with one product twice': [
    withTensors(popularityStore([...products.slice(1), products[1]]).tensors),
    'bad-format',
    /two products have the same id/,
  ],
  'more items than tables have rows': [
    withMetadata({ 'vitrine.items': '17' }),
    'bad-format',
    /'popularity.*' is 16, not 17/,
  ],
  'an impossible number of items': [
    withMetadata({ 'vitrine.items': '-1' }),
    'bad-format',
    /'vitrine.items' is -1, which is impossible/,
  ],
}

suite('a file that breaks a rule is refused, by code and in words', () => {
  for (const [what, [file, code, message]] of Object.entries(attacks)) {
    test(what, async () => {
      await assert.rejects(createRecommender({ model: file }), (error) => {
        assert.ok(error instanceof VitrineError, error.stack)
        assert.equal(error.code, code)
        assert.match(error.message, message)
        return true
      })
    })
  }
})

test('the file that the attacks start from is valid', async () => {
  assert.equal((await createRecommender({ model: whole })).describe().items, 16)
})

test('a header of too many tensors is refused', async () => {
  const header = { __metadata__: {} }
  for (let i = 0; i < 150_000; i++)
    header[`t${i}`] = { dtype: 'U8', shape: [0], data_offsets: [0, 0] }
  header.__metadata__ = { 'vitrine.version': '1', 'vitrine.requires': '0' }
  await assert.rejects(createRecommender({ model: joinFile(header, new Uint8Array(0)) }), {
    code: 'bad-format',
    message: /more than 4096 tensors/,
  })
})

test('rows whose padding is not what the kernels are promised are refused', async () => {
  const weights = products.map(() => products.map(() => 1))
  const parts = linearStore(products, weights)
  const wide = new Float32Array(16 * 64)
  parts.tensors['linear.table'] = { values: wide, shape: [16, 64] }
  await assert.rejects(createRecommender({ model: writeTensorFile(parts) }), { code: 'bad-format' })
})
