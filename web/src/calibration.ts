/** How likely a listed product is one that the shopper goes on to do; src/serve/calibration.h says how. */
import { VitrineError } from './errors.js'

/** Of a product by its score and its rank, from 1. */
export type Calibration = (score: number, rank: number) => number

/** What a model file's metadata says of probabilities; none where it says nothing. */
export function readCalibration(
  name: string,
  metadata: readonly [string, string][],
): Calibration | undefined {
  const entries = new Map(metadata)
  const numbers = (key: string) => entries.get(`calibration.${key}`)?.split(' ').map(Number) ?? []
  const [scores, odds, place] = [numbers('scores'), numbers('log_odds'), numbers('place')]
  if (scores.length === 0) return undefined
  const rises = (values: number[]) =>
    values.every((value, i) => Number.isFinite(value) && !(value < (values[i - 1] as number)))
  const [slope = Number.NaN] = place
  if (scores.length !== odds.length || !rises(scores) || !rises(odds) || !(slope <= 0)) {
    throw new VitrineError(
      'bad-format',
      `${name}: its calibration is no rising curve; train the model again`,
    )
  }
  return (score, rank) => {
    const next = scores.findIndex((knot) => knot > score)
    let logOdds = odds.at(next) as number
    if (next > 0) {
      const [low, high] = [scores[next - 1] as number, scores[next] as number]
      logOdds -= ((logOdds - (odds[next - 1] as number)) * (high - score)) / (high - low)
    }
    return 1 / (1 + Math.exp(-logOdds - slope * Math.log(rank)))
  }
}
