import { join } from 'node:path'
import type { SeedsPlan } from '../experiment/train-seeds.ts'
import { planTraining } from './plan-training.ts'

/**
 * Plans a training for each seed.
 *
 * @param words of learner:train, without --seed and --out
 * @param out   folder of the experiment; null = runs/DATASET-FEATURES-seeds
 * @throws as planTraining
 */
export async function planSeeds(
  words: readonly string[],
  {
    out,
    seeds,
    parallel,
  }: { readonly out: string | null; readonly seeds: readonly number[]; readonly parallel: number },
): Promise<SeedsPlan> {
  const plan = async (seed: number, within: string) =>
    await planTraining([...words, `--seed=${seed}`], {
      name: `seed ${seed}`,
      out: join(within, `seed-${seed}`),
      log: join(within, `seed-${seed}.log`),
    })
  const { dataset, features } = (await plan(seeds[0], '')).config
  const within = out ?? join('runs', `${dataset}-${features}-seeds`)
  const trainings = []
  for (const seed of seeds) trainings.push({ seed, training: await plan(seed, within) })
  return { out: within, trainings, parallel }
}
