/** How a model file keeps its item tables; see src/format/FORMAT.md. */
import type { TableOfContents } from './model-file.js'

/** `pq`: by product quantisation, a few bytes a product. */
export type Precision = 'f32' | 'f16' | 'int8' | 'int4' | 'pq'

const byDtype: Record<string, Precision> = { F16: 'f16', I8: 'int8', U8: 'int4' }

/** That of the first table which the metadata name; of a model without any, `f32`. */
export function precisionOf({ tensors, metadata }: TableOfContents): Precision {
  const tables = metadata.find(([key]) => key === 'vitrine.tables')?.[1] ?? ''
  const [table] = tables.split(' ')
  const dtypeOf = (name: string) => tensors.find((tensor) => tensor.name === name)?.dtype
  if (dtypeOf(`${table}.codes`)) return 'pq'
  return byDtype[dtypeOf(`${table}`) ?? dtypeOf(`${table}.values`) ?? ''] ?? 'f32'
}
