/** How likely a listed product is one that the shopper goes on to do; src/serve/calibration.h says how. */
import { VitrineError } from './errors.js'

/** Of a product by its score and its rank, from 1. */
export type Calibration = (score: number, rank: number) => number

const mostKnots = 16
const decimal = /^-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i

/** What a model file's metadata says of probabilities; none where it says nothing. */
export function readCalibration(
  name: string,
  metadata: readonly [string, string][],
): Calibration | undefined {
  const entries = new Map(metadata)
  if (!entries.has('calibration.scores')) return undefined
  const text = (key: string) => entries.get(`calibration.${key}`) ?? ''
  const number = (word: string) => (decimal.test(word) ? Number(word) : Number.NaN)
  const numbers = (key: string) => (text(key).match(/[^ \t-\r]+/g) ?? []).map(number)
  const [scores, odds, slope] = [numbers('scores'), numbers('log_odds'), number(text('place'))]
  const isCurve = (values: number[]) =>
    values.length > 0 &&
    values.length <= mostKnots &&
    values.every((value, i) => Number.isFinite(value) && !(value < (values[i - 1] as number)))
  const isMeant = isCurve(scores) && isCurve(odds) && scores.length === odds.length
  if (!isMeant || !(slope <= 0 && slope > -Infinity)) {
    throw new VitrineError(
      'bad-format',
      `${name}: its calibration is no rising curve of 1 to 16 knots with a place of 0 or below; train the model again`,
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
