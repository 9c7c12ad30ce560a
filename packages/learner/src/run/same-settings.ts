import { affectsResults, type Config, configError, configFingerprint } from '@vigil/config'

/**
 * Makes sure that the run which lies in `wanted.out` is the one that is wanted.
 *
 * @param found its config
 * @throws {VigilError} CONFLICT naming the first setting that differs
 */
export function assertSameSettings(wanted: Config & { readonly out: string }, found: Config): void {
  if (configFingerprint(wanted) === configFingerprint(found)) return
  const [now, before] = [wanted, found].map((config) => new Map(Object.entries(config)))
  const key = [...now.keys()].find(
    (name) => affectsResults(name) && JSON.stringify(now.get(name)) !== JSON.stringify(before.get(name)),
  )
  throw configError(
    'CONFLICT',
    `${wanted.out} holds a run with other settings: ${key} is ${JSON.stringify(before.get(key!))} there, but ${JSON.stringify(now.get(key!))} here. Give another --out, or remove the folder.`,
  )
}
