import { binRows, binsOfAll, columnBins } from './bins.ts'
import { addGrownTree, asTree, type Growth, growTree } from './grow-tree.ts'
import type { BoostingInputs, LabelledRows } from './inputs.ts'
import { type BoostingModel, probabilityOf, type TreeNode } from './model.ts'
import { type Sampling, sampleRows } from './sample.ts'

/** How a model is trained. */
export type BoostingSettings = Growth &
  Sampling & {
    /** Trees at most */
    readonly treeCount: number
    /** Training ends when the validation loss has not fallen for so many trees. */
    readonly patience: number
  }

/** Settings that do well on wide ranges of data of 10,000 to 1,000,000 rows. */
export const DEFAULT_BOOSTING: BoostingSettings = {
  treeCount: 120,
  patience: 6,
  leafCount: 31,
  learningRate: 0.2,
  rowsMin: 100_000,
  largeShare: 0.2,
  smallStride: 5,
  leafPenalty: 1,
  leafHessianMin: 1,
  categorySmoothing: 10,
}

/** Where training stands after a tree. */
export type BoostingProgress = {
  /** Trees grown */
  readonly trees: number
  readonly treeCount: number
  /** Mean log-loss per row of the validation rows, in nats */
  readonly validationLoss: number
}

/** What whoever trains hears of it. */
export type BoostingWatch = {
  /** Called after each tree. */
  readonly onTree?: (progress: BoostingProgress) => void
  /** Training goes on when its promise is fulfilled; asked for after each column and each split, so that others have their turn. */
  readonly pause?: () => Promise<void>
}

/**
 * Gradient boosting with logistic loss (Friedman 2001; second order as Chen and Guestrin 2016, eq. 2 to 7) on histograms of
 * at most 256 bins a column: the score F is a log-odds, p = 1 / (1 + exp(-F)), g = p - y, h = p (1 - p). The model ends with
 * the tree at which the validation loss was least. Same inputs, same model: nothing is drawn.
 *
 * @param train      [n] rows, both labels among them
 * @param validation [m] rows that choose the number of trees
 */
export async function trainBoosting(
  inputs: BoostingInputs,
  { train, validation }: { readonly train: LabelledRows; readonly validation: LabelledRows },
  settings: BoostingSettings = DEFAULT_BOOSTING,
  { onTree = () => undefined, pause = async () => undefined }: BoostingWatch = {},
): Promise<BoostingModel> {
  const columns = await columnBins(inputs, train.rows, pause)
  const cells = await binRows(inputs, columns, train.rows, pause)
  const foreseenCells = await binRows(inputs, columns, validation.rows, pause)
  const histograms = Array.from({ length: settings.leafCount }, () => new Float64Array(2 * binsOfAll(columns)))
  const bias = logOdds(train.labels)
  const scores = new Float64Array(train.rows.length).fill(bias)
  const foreseen = new Float64Array(validation.rows.length).fill(bias)
  const derivatives = { gradients: new Float64Array(scores.length), hessians: new Float64Array(scores.length) }
  const trees: TreeNode[][] = []
  let best = { trees: 0, loss: logLoss(foreseen, validation.labels) }
  while (trees.length < settings.treeCount && trees.length - best.trees < settings.patience) {
    for (let i = 0; i < scores.length; i++) {
      const p = probabilityOf(scores[i])
      derivatives.gradients[i] = p - train.labels[i]
      derivatives.hessians[i] = p * (1 - p)
    }
    const rows = sampleRows(derivatives, trees.length, settings)
    const tree = await growTree({ columns, cells, histograms }, { rows, derivatives }, settings, pause)
    if (tree.length === 1) break // nothing is left to be won
    trees.push(asTree(tree, columns))
    addGrownTree(tree, columns, cells, scores)
    addGrownTree(tree, columns, foreseenCells, foreseen)
    const loss = logLoss(foreseen, validation.labels)
    if (loss < best.loss) best = { trees: trees.length, loss }
    onTree({ trees: trees.length, treeCount: settings.treeCount, validationLoss: loss })
    await pause()
  }
  const { denseCount, categoricalCount } = inputs
  return { denseCount, categoricalCount, bias, trees: trees.slice(0, best.trees) }
}

/** Log-odds of the share of threats, as of one row more of each label: finite whatever the labels. */
function logOdds(labels: Uint8Array): number {
  const threats = labels.reduce((sum, label) => sum + label, 0)
  return Math.log((threats + 1) / (labels.length - threats + 1))
}

/** Mean of -log P(label), by log(1 + exp(-m)) of the margin m, which does not overflow. */
function logLoss(scores: Float64Array, labels: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < scores.length; i++) {
    const margin = labels[i] === 1 ? scores[i] : -scores[i]
    sum += margin > 0 ? Math.log1p(Math.exp(-margin)) : -margin + Math.log1p(Math.exp(margin))
  }
  return scores.length === 0 ? 0 : sum / scores.length
}
