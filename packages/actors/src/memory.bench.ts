/**
 * Resident memory by number of actors, each count in a process of its own, after sixty rollouts.
 *
 *   node packages/actors/src/memory.bench.ts
 */
import { execFileSync } from 'node:child_process'
import { createActorPool } from './actor-pool.ts'
import { loudPolicy, smallRun } from './small-run.fixture.ts'

const [, script, count] = process.argv

if (count === undefined) {
  const residentMb = [1, 2, 4, 8].map((actors) => ({
    actors,
    mb: Number(execFileSync(process.execPath, [script, String(actors)], { encoding: 'utf8' })),
  }))
  for (const [i, { actors, mb }] of residentMb.entries()) {
    const before = residentMb[i - 1]
    const growth = before ? `, ${((mb - before.mb) / (actors - before.actors)).toFixed(1)} MB per extra actor` : ''
    console.log(`${actors} actors: ${mb.toFixed(0)} MB${growth}`)
  }
} else {
  const run = smallRun('iid', { shards: 16, lanesPerShard: 64, stepsPerRollout: 16 })
  const pool = await createActorPool(run, Number(count))
  for (let version = 0; version < 60; version++) {
    pool.publish(loudPolicy(run, version).snapshot)
    await pool.collect()
  }
  console.log(process.memoryUsage().rss / 2 ** 20)
  await pool.close()
}
