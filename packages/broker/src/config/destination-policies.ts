import type { DestinationPolicyOptions, PolicyEntryOptions } from './broker-options.ts'
import { policyTargets, policyWords, settingSchema } from './broker-settings.ts'
import type { BrokerSettings, PolicySetting, PolicyTarget, PolicyWord } from './broker-settings.ts'
import type { SettingSource, WrittenPolicy } from './setting-source.ts'
import { parseValue } from './setting-value.ts'

type Complain = (where: string, message: string) => void

/** The destinationPolicies that a source writes; undefined when it does not speak of them. */
export function policiesOf(source: SettingSource, complain: Complain): PolicySetting[] | undefined {
  const { policies } = source
  if (policies === undefined) return undefined
  const told: Complain = (where, message) => complain(where, `destinationPolicies: ${message}`)
  const most = settingSchema('destinationPolicies').maxItems ?? Infinity
  const [first] = policies
  if (policies.length > most) told(first?.where ?? '', `must be at most ${most} policies`)
  const seen = new Set<string>()
  return policies.flatMap((written) => {
    const policy = policyOf(written, told)
    if (policy === undefined) return []
    const { kind, name } = policy.destination
    if (seen.has(`${kind}://${name}`)) told(written.where, `a second policy for ${kind} "${name}"`)
    seen.add(`${kind}://${name}`)
    return [policy]
  })
}

function policyOf(written: WrittenPolicy, complain: Complain): PolicySetting | undefined {
  const destination = targetOf(written, complain)
  const values: Partial<Record<PolicyWord, unknown>> = {}
  for (const word of Object.keys(policyWords) as PolicyWord[]) {
    const said = written.words.get(word)
    if (said === undefined) continue
    const tell = (message: string): void => complain(said.where, message)
    values[word] = parseValue(word, { text: said.text, schema: policyWords[word] }, tell)
  }
  return destination === undefined ? undefined : { ...(values as object), destination }
}

const kinds = {
  queue: 'queue',
  topic: 'topic',
  tempQueue: 'temp-queue',
  tempTopic: 'temp-topic',
} as const

function targetOf(
  { where, words }: WrittenPolicy,
  complain: Complain,
): PolicySetting['destination'] | undefined {
  const named = policyTargets.filter((target) => words.has(target))
  const [target] = named
  if (target === undefined || named.length > 1) {
    complain(where, `a policy is for one of ${policyTargets.join(', ')}`)
    return undefined
  }
  const said = words.get(target)
  const name = said === undefined ? undefined : nameOf(target, said.text)
  if (name !== undefined) return { kind: kinds[target], name }
  const wanted = target.startsWith('temp') ? 'true' : 'a name or a pattern like ORDERS.>'
  complain(said?.where ?? where, `${target}: must be ${wanted}`)
  return undefined
}

/** All temporary destinations share one policy, as in ActiveMQ. */
function nameOf(target: PolicyTarget, text: string): string | undefined {
  if (target.startsWith('temp')) return text === 'true' ? '>' : undefined
  return text !== '' && !text.includes(',') ? text : undefined
}

/** What holds where no policy does: what the whole broker is told. */
export function generalPolicy(settings: BrokerSettings): DestinationPolicyOptions {
  return {
    memoryLimitBytes: policyWords.memoryLimit.default,
    producerFlowControl: policyWords.producerFlowControl.default,
    sendFailIfNoSpace: settings.sendFailIfNoSpace,
    sendFailIfNoSpaceAfterTimeoutMs: settings.sendFailIfNoSpaceAfterTimeout,
    pendingMessageLimit: policyWords.pendingMessageLimit.default,
  }
}

export function policyOptions(settings: BrokerSettings): PolicyEntryOptions[] {
  const general = generalPolicy(settings)
  return settings.destinationPolicies.map((policy) => ({
    destination: policy.destination,
    memoryLimitBytes: policy.memoryLimit ?? general.memoryLimitBytes,
    producerFlowControl: policy.producerFlowControl ?? general.producerFlowControl,
    sendFailIfNoSpace: policy.sendFailIfNoSpace ?? general.sendFailIfNoSpace,
    sendFailIfNoSpaceAfterTimeoutMs:
      policy.sendFailIfNoSpaceAfterTimeout ?? general.sendFailIfNoSpaceAfterTimeoutMs,
    pendingMessageLimit: policy.pendingMessageLimit ?? general.pendingMessageLimit,
  }))
}
