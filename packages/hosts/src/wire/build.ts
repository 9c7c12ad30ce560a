/** What must be the same on every host, for the same bits. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { ROLLOUT_FILE } from '@vigil/actors'
import { ENVIRONMENT_FILE } from '@vigil/env-wasm'
import { POLICY_FILE } from '@vigil/policy-wasm'
import type { Build } from './messages.ts'

const FILES = { environment: ENVIRONMENT_FILE, policy: POLICY_FILE, rollout: ROLLOUT_FILE } as const

/** The build that runs here. The modules must have been built: whoever has a pool has them. */
export async function ownBuild(): Promise<Build> {
  const sha256 = async (name: keyof typeof FILES) =>
    createHash('sha256')
      .update(await readFile(FILES[name]))
      .digest('hex')
  return {
    environment: await sha256('environment'),
    policy: await sha256('policy'),
    rollout: await sha256('rollout'),
    node: process.version,
    v8: process.versions.v8,
  }
}

/** The first difference between a host and its learner that could show in bits, as a clause; null where there is none. */
export function differenceOfBuilds({ host, learner }: { host: Build; learner: Build }): string | null {
  const key = (Object.keys(learner) as (keyof Build)[]).find((key) => host[key] !== learner[key])
  if (key === undefined) return null
  const what =
    key in FILES ? `the module ${basename(FILES[key as keyof typeof FILES].pathname)}` : key === 'node' ? 'Node' : 'V8'
  return `${what} is ${short(host[key])} on the host and ${short(learner[key])} at the learner`
}

function short(value: string): string {
  return value.length === 64 ? `${value.slice(0, 16)}...` : value
}
