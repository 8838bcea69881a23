import { parseSize } from '../quantity.ts'
import { only, without } from './meaning.ts'
import type { Convert, ElementMeaning } from './meaning.ts'

/** What `<broker>` and what stands in it mean here, but for stores and policies. */

const jvm = 'is about threads and processes of a JVM, which Quorate does not have'
const jmx = 'is about JMX, which Quorate does not have: its HTTP API is always there'
const notYet = 'what it would switch on is not there yet'
const alwaysSo = 'this cannot be switched off'

const heapPercent: Convert = (text, { heapBytes }) => {
  const percent = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN
  if (!(percent >= 1 && percent <= 100)) {
    return { problem: `percentOfJvmHeap: "${text}" is no whole number from 1 to 100` }
  }
  return { text: String(Math.floor((heapBytes * percent) / 100)) }
}

/** `limit="0"` means no limit in ActiveMQ; ours cannot do without one, or mean none by it. */
const sizeWithLimit: Convert = (text) =>
  parseSize(text) === 0 ? { unsupported: 'a broker without this limit' } : { text }

/** `percentLimit="0"` is ActiveMQ's default: it is `limit` that counts. */
const percentUnlessZero: Convert = (text) => (/^0+$/.test(text) ? 'as if absent' : { text })

const timeoutUnlessNegative: Convert = (text) => (text === '-1' ? 'as if absent' : { text })

const usageTuning = without(
  'paces how ActiveMQ looks at its usage; here usage is counted as it changes',
  'percentUsageMinDelta',
  'pollingTime',
  'name',
)

export const brokerMeanings: Readonly<Record<string, ElementMeaning>> = {
  broker: {
    attributes: {
      brokerName: { setting: 'brokerName' },
      dataDirectory: { dataDirectory: true },
      ...without(
        jvm,
        'useShutdownHook',
        'useLoggingForShutdownErrors',
        'persistenceThreadPriority',
        'taskRunnerPriority',
        'dedicatedTaskRunner',
        'virtualThreadTaskRunner',
        'systemExitOnShutdown',
        'systemExitOnShutdownExitCode',
        'restartAllowed',
        'startAsync',
        'vmConnectorURI',
        'networkConnectorStartAsync',
      ),
      ...without(
        jmx,
        'useJmx',
        'mbeanInvocationTimeout',
        'populateUserNameInMBeans',
        'monitorConnectionSplits',
      ),
      ...without('what the status tells is always counted', 'enableStatistics'),
      ...without(
        'is about how ActiveMQ holds durable subscribers in its heap; here memory is bounded',
        'keepDurableSubsActive',
      ),
      ...without(
        'the log has a format of its own, and disk is watched all the time',
        'storeOpenWireVersion',
        'schedulePeriodForDiskUsageCheck',
        'diskUsageCheckRegrowThreshold',
      ),
      ...without(
        'belongs to a switch that is off',
        'waitForSlaveTimeout',
        'consumerSystemUsagePortion',
        'producerSystemUsagePortion',
        'timeBeforePurgeTempDestinations',
        'maxPurgedDestinationsPerSweep',
        'offlineDurableSubscriberTaskSchedule',
        'useTempMirroredQueues',
        'schedulerDirectory',
        'schedulerDirectoryFile',
        'maxSchedulerRepeatAllowed',
      ),
      ...only('true', alwaysSo, 'start', 'persistent', 'advisorySupport', 'adjustUsageLimits'),
      ...only('true', alwaysSo, 'rollbackOnlyOnAsyncException'),
      ...only('0', notYet, 'schedulePeriodForDestinationPurge', 'maxUncommittedCount'),
      ...only('-1', notYet, 'offlineDurableSubscriberTimeout'),
      ...only(
        'false',
        notYet,
        'allowTempAutoCreationOnSend',
        'anonymousProducerAdvisorySupport',
        'cacheTempDestinations',
        'deleteAllMessagesOnStartup',
        'enableMessageExpirationOnActiveDurableSubs',
        'passiveSlave',
        'populateJMSXUserID',
        'rejectDurableConsumers',
        'schedulerSupport',
        'shutdownOnMasterFailure',
        'shutdownOnSlaveFailure',
        'splitSystemUsageForProducersConsumers',
        'useAuthenticatedPrincipalForJMSXUserID',
        'useLocalHostBrokerName',
        'useMirroredQueues',
        'useVirtualDestSubs',
        'useVirtualDestSubsOnCreation',
        'useVirtualTopics',
        'waitForSlave',
      ),
    },
    properties: {
      persistenceAdapter: 'read',
      transportConnectors: 'read',
      destinationPolicy: 'read',
      systemUsage: 'read',
      destinations: 'read',
      managementContext: 'read',
      shutdownHooks: { without: jvm },
      taskRunnerFactory: { without: jvm },
      persistenceTaskRunnerFactory: { without: jvm },
      ioExceptionHandler: {
        without: 'a broker whose disk fails stops itself, and another takes over',
      },
      adminView: { without: jmx },
      brokerObjectName: { without: jmx },
    },
  },
  managementContext: {
    attributes: {
      ...only('false', 'there is no JMX: the HTTP API is always there', 'createConnector'),
      ...without(
        jmx,
        'brokerName',
        'jmxDomainName',
        'useMBeanServer',
        'createMBeanServer',
        'findTigerMbeanServer',
        'connectorPath',
        'connectorPort',
        'rmiServerPort',
        'connectorHost',
        'allowRemoteAddressInMBeanNames',
        'suppressMBean',
      ),
    },
    properties: { MBeanServer: { without: jmx }, environment: { without: jmx } },
  },
  transportConnector: {
    attributes: {
      name: { connector: 'name' },
      uri: { connector: 'uri' },
      ...without(jmx, 'enableStatusMonitor'),
      ...without(
        'a send is answered when the log has it, and consumers are sent to as they can take it',
        'disableAsyncDispatch',
      ),
      ...without('problems with connections are in the log', 'warnOnRemoteClose'),
      ...without('problems with connections are in the log', 'displayStackTrace'),
      ...only(
        'false',
        notYet,
        'updateClusterClients',
        'rebalanceClusterClients',
        'updateClusterClientsOnRemove',
        'allowLinkStealing',
        'auditNetworkProducers',
      ),
      ...only('true', alwaysSo, 'autoStart'),
    },
  },
  queue: { attributes: { physicalName: { destination: 'queue' } } },
  topic: { attributes: { physicalName: { destination: 'topic' } } },
  systemUsage: {
    attributes: {
      sendFailIfNoSpace: { setting: 'sendFailIfNoSpace' },
      sendFailIfNoSpaceAfterTimeout: {
        setting: 'sendFailIfNoSpaceAfterTimeout',
        convert: timeoutUnlessNegative,
      },
      ...without('says nothing that is not said anyway', 'name', 'sendFailIfNoSpaceExplicitySet'),
      ...without('limits that are reached are in the log and the status', 'checkLimitsLogLevel'),
    },
    properties: {
      memoryUsage: 'read',
      storeUsage: 'read',
      tempUsage: 'read',
      jobSchedulerUsage: { without: 'there is no scheduler yet whose jobs could use anything' },
      executor: { without: jvm },
    },
  },
  memoryUsage: {
    attributes: {
      limit: { setting: 'memoryLimit', convert: sizeWithLimit },
      percentOfJvmHeap: { setting: 'memoryLimit', convert: heapPercent },
      ...usageTuning,
      ...without('belongs to a parent that it does not have', 'usagePortion'),
    },
  },
  storeUsage: {
    attributes: {
      limit: { setting: 'storeLimit', convert: sizeWithLimit },
      percentLimit: { setting: 'storeLimitPercent', convert: percentUnlessZero },
      ...usageTuning,
      ...without('belongs to a parent that it does not have', 'usagePortion'),
    },
  },
  tempUsage: {
    attributes: {
      limit: { setting: 'tempLimit', convert: sizeWithLimit },
      percentLimit: { setting: 'tempLimitPercent', convert: percentUnlessZero },
      ...usageTuning,
      ...without('belongs to a parent that it does not have', 'usagePortion'),
    },
  },
}
