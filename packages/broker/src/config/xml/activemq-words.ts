/**
 * Every element that ActiveMQ's schema has for activemq.xml, with its attributes and, behind a bar,
 * the properties that are written as elements inside of it. A line that begins with blanks goes on
 * with the one before. What they mean here is said by the tables beside this file, and what is in
 * neither is a mistake of whoever wrote it.
 *
 * Behind an attribute stands the type of its value: `?` a boolean, `#` a whole number, `%` a size,
 * `~` a decimal number, `/` a URI, `@` Java classes, `=a,b` one of these words, nothing a text.
 *
 * From the schema of ActiveMQ 6, with `replicatedLevelDB` and `levelDB` as of 5.9 to 5.16, and the
 * journal of 5.x.
 */
export const activemqWords = `
abortSlowAckConsumerStrategy: abortConnection? checkPeriod# ignoreIdleConsumers?
  ignoreNetworkConsumers? maxSlowCount# maxSlowDuration# maxTimeSinceLastAck# name | brokerService
abortSlowConsumerStrategy: abortConnection? checkPeriod# ignoreNetworkConsumers? maxSlowCount#
  maxSlowDuration# name | brokerService
authenticationUser: groups password username
authorizationEntry: admin groupClass@ queue read tempQueue? tempTopic? topic write | adminACLs
  destination readACLs writeACLs
authorizationMap: groupClass@ | authorizationEntries defaultEntry
  tempDestinationAuthorizationEntry
authorizationPlugin: | map
blobJDBCAdapter: batchStatements? batchStatments? maxRows# useExternalMessageReferences? |
  statements
broker: adjustUsageLimits? advisorySupport? allowTempAutoCreationOnSend?
  anonymousProducerAdvisorySupport? brokerId brokerName cacheTempDestinations?
  consumerSystemUsagePortion# dataDirectory dataDirectoryFile dedicatedTaskRunner?
  deleteAllMessagesOnStartup? diskUsageCheckRegrowThreshold#
  enableMessageExpirationOnActiveDurableSubs? enableStatistics? keepDurableSubsActive?
  maxInflatedDataSize% maxPurgedDestinationsPerSweep# maxSchedulerRepeatAllowed#
  maxUncommittedCount# mbeanInvocationTimeout# monitorConnectionSplits?
  networkConnectorStartAsync? offlineDurableSubscriberTaskSchedule#
  offlineDurableSubscriberTimeout# passiveSlave? persistenceThreadPriority# persistent?
  populateJMSXUserID? populateUserNameInMBeans? producerSystemUsagePortion#
  rejectDurableConsumers? restartAllowed? rollbackOnlyOnAsyncException?
  schedulePeriodForDestinationPurge# schedulePeriodForDiskUsageCheck# schedulerDirectory
  schedulerDirectoryFile schedulerSupport? shutdownOnMasterFailure? shutdownOnSlaveFailure?
  splitSystemUsageForProducersConsumers? start? startAsync? storeOpenWireVersion#
  systemExitOnShutdown? systemExitOnShutdownExitCode# taskRunnerPriority#
  timeBeforePurgeTempDestinations# tmpDataDirectory useAuthenticatedPrincipalForJMSXUserID?
  useJmx? useLocalHostBrokerName? useLoggingForShutdownErrors? useMirroredQueues? useShutdownHook?
  useTempMirroredQueues? useVirtualDestSubs? useVirtualDestSubsOnCreation? useVirtualTopics?
  virtualThreadTaskRunner? vmConnectorURI/ waitForSlave? waitForSlaveTimeout# | adminView
  brokerContext brokerObjectName consumerSystemUsage destinationFactory destinationInterceptors
  destinationPolicy destinations ioExceptionHandler jmsBridgeConnectors jobSchedulerStore
  managementContext messageAuthorizationPolicy networkConnectorURIs networkConnectors
  persistenceAdapter persistenceFactory persistenceTaskRunnerFactory plugins producerSystemUsage
  proxyConnectors regionBroker services shutdownHooks sslContext systemUsage taskRunnerFactory
  tempDataStore transportConnectorURIs transportConnectors
bytesJDBCAdapter: batchStatements? batchStatments? maxRows# useExternalMessageReferences? |
  statements
cachedLDAPAuthorizationMap: adminPermissionGroupSearchFilter authentication connectionPassword
  connectionProtocol connectionURL connectionUsername groupClass@ groupNameAttribute
  groupObjectClass legacyGroupMapping? permissionGroupMemberAttribute queueSearchBase
  readPermissionGroupSearchFilter refreshDisabled? refreshInterval# tempSearchBase topicSearchBase
  userNameAttribute userObjectClass writePermissionGroupSearchFilter
cachedMessageGroupMapFactory: cacheSize%
chainMessageInterceptorStrategy: | messageStrategies
clientIdFilterDispatchPolicy: ptpClientId ptpSuffix
compositeDemandForwardingBridge: createdByDuplex? | brokerService durableDestinations
  dynamicallyIncludedDestinations excludedDestinations mbeanObjectName networkBridgeListener
  staticallyIncludedDestinations
compositeQueue: concurrentSend? copyMessage? forwardOnly? name sendWhenNotMatched? | forwardTo
compositeTopic: concurrentSend? copyMessage? forwardOnly? name sendWhenNotMatched? | forwardTo
conditionalNetworkBridgeFilterFactory: allowReplayWhenNoConsumers? rateDuration# rateLimit%
  replayDelay# replayWhenNoConsumers? selectorAware?
connectionDotFilePlugin: file
constantPendingMessageLimitStrategy: limit%
database-locker: createTablesOnStartup? failIfLocked? lockAcquireSleepInterval# name queryTimeout#
  | dataSource exceptionHandler lockable statements
db2JDBCAdapter: batchStatements? batchStatments? maxRows# useExternalMessageReferences? |
  statements
defaultIOExceptionHandler: ignoreAllErrors? ignoreNoSpaceErrors? ignoreSQLExceptions?
  noSpaceMessage resumeCheckSleepPeriod# sqlExceptionMessage stopStartConnectors?
  systemExitOnShutdown? | brokerService
defaultJDBCAdapter: batchStatements? batchStatments? maxRows# useExternalMessageReferences? |
  statements
defaultNetworkBridgeFilterFactory:
defaultUsageCapacity: limit%
demandForwardingBridge: createdByDuplex? | brokerService durableDestinations
  dynamicallyIncludedDestinations excludedDestinations mbeanObjectName networkBridgeListener
  staticallyIncludedDestinations
destinationDotFilePlugin: file
destinationEntry: queue tempQueue? tempTopic? topic | destination value
destinationMapEntry: queue tempQueue? tempTopic? topic | destination
destinationPathSeparatorPlugin: pathSeparator | adminConnectionContext next
destinationsPlugin: location | adminConnectionContext next
discarding: enableAudit? expiration# maxAuditDepth# maxProducersToAudit# processExpired?
  processNonPersistent? | deadLetterQueue
discardingDLQBrokerPlugin: dropAll? dropOnly dropTemporaryQueues? dropTemporaryTopics?
  reportInterval#
fileCursor:
fileDurableSubscriberCursor:
fileQueueCursor:
filteredDestination: queue selector topic | destination filter
filteredKahaDB: perDestination? queue tempQueue? tempTopic? topic | destination persistenceAdapter
  usage
fixedCountSubscriptionRecoveryPolicy: maximumSize% | broker
fixedSizedSubscriptionRecoveryPolicy: maximumSize% useSharedBuffer? | broker buffer
forcePersistencyModeBroker: persistenceFlag? | adminConnectionContext
forcePersistencyModeBrokerPlugin: persistenceFlag?
forwardingBridge: clientId destinationFilter dispatchAsync? prefetchSize% useCompression? |
  networkBridgeFailedListener
h2-jdbc-adapter: batchStatements? batchStatments? maxRows# useExternalMessageReferences? |
  statements
headerMessageInterceptorStrategy: expirationCeiling# forceDeliveryMode? forceExpiration?
  futureOnly? persistent? processNetworkMessages? zeroExpirationOverride#
hsqldb-jdbc-adapter: batchStatements? batchStatments? maxRows# useExternalMessageReferences? |
  statements
imageBasedJDBCAdaptor: batchStatements? batchStatments? maxRows# useExternalMessageReferences? |
  statements
inboundQueueBridge: doHandleReplyTo? inboundQueueName localQueueName selector | consumer
  consumerConnection consumerQueue jmsConnector jmsMessageConvertor producerConnection
  producerQueue
inboundTopicBridge: consumerName doHandleReplyTo? inboundTopicName localTopicName selector |
  consumer consumerConnection consumerTopic jmsConnector jmsMessageConvertor producerConnection
  producerTopic
individualDeadLetterStrategy: destinationPerDurableSubscriber? enableAudit? expiration#
  maxAuditDepth# maxProducersToAudit# processExpired? processNonPersistent? queuePrefix
  queueSuffix topicPrefix topicSuffix useQueueForQueueMessages? useQueueForTopicMessages?
informixJDBCAdapter: batchStatements? batchStatments? maxRows# useExternalMessageReferences? |
  statements
jDBCIOExceptionHandler: ignoreAllErrors? ignoreNoSpaceErrors? ignoreSQLExceptions? noSpaceMessage
  resumeCheckSleepPeriod# sqlExceptionMessage stopStartConnectors? systemExitOnShutdown? |
  brokerService
journalPersistenceAdapterFactory: adapter dataDirectory dataDirectoryFile dataSource journal
  journalArchiveDirectory journalLogFileSize% journalLogFiles# journalThreadPriority#
  useDatabaseLock? useDedicatedTaskRunner? useJournal? useQuickJournal? | statements
  taskRunnerFactory
jaasAuthenticationPlugin: configuration discoverLoginConfig?
jaasCertificateAuthenticationPlugin: configuration discoverLoginConfig?
jaasDualAuthenticationPlugin: configuration discoverLoginConfig? sslConfiguration
jdbcPersistenceAdapter: auditRecoveryDepth# brokerName changeAutoCommitAllowed? cleanupPeriod#
  createTablesOnStartup? dataDirectory dataDirectoryFile directory enableAudit?
  lockAcquireSleepInterval# lockKeepAlivePeriod# maxAuditDepth# maxProducersToAudit# maxRows#
  networkTimeout# queryTimeout# stopOnError? transactionIsolation# useDatabaseLock?
  useExternalMessageReferences? useLock? | adapter brokerService dataSource databaseLocker
  lockDataSource locker scheduledThreadPoolExecutor statements usageManager wireFormat
jmsQueueConnector: localClientId localConnectionFactoryName localPassword localUsername name
  outboundClientId outboundPassword outboundQueueConnectionFactoryName outboundUsername
  preferJndiDestinationLookup? replyToDestinationCacheSize% | brokerService
  inboundMessageConvertor inboundQueueBridges jndiLocalTemplate jndiOutboundTemplate
  localQueueConnection localQueueConnectionFactory outboundMessageConvertor outboundQueueBridges
  outboundQueueConnection outboundQueueConnectionFactory reconnectionPolicy
jmsTopicConnector: localClientId localConnectionFactoryName localPassword localUsername name
  outboundClientId outboundPassword outboundTopicConnectionFactoryName outboundUsername
  preferJndiDestinationLookup? replyToDestinationCacheSize% | brokerService
  inboundMessageConvertor inboundTopicBridges jndiLocalTemplate jndiOutboundTemplate
  localTopicConnection localTopicConnectionFactory outboundMessageConvertor outboundTopicBridges
  outboundTopicConnection outboundTopicConnectionFactory reconnectionPolicy
jobSchedulerUsage: limit% name percentUsageMinDelta# pollingTime# usagePortion~ | executor limiter
  parent store
kahaDB: archiveCorruptedIndex? archiveDataLogs? brokerName checkForCorruptJournalFiles?
  checkpointInterval# checksumJournalFiles? cleanupInterval# cleanupOnStop? compactAcksAfterNoGC#
  compactAcksIgnoresStoreGrowth? concurrentStoreAndDispatchQueues?
  concurrentStoreAndDispatchTopics? databaseLockedWaitDelay# directory directoryArchive
  enableAckCompaction? enableIndexDiskSyncs? enableIndexPageCaching? enableIndexRecoveryFile?
  enableIndexWriteAsync? enableJournalDiskSyncs? enableSubscriptionStatistics?
  failoverProducersAuditDepth# forceRecoverIndex? ignoreMissingJournalfiles? indexCacheSize%
  indexDirectory indexLFUEvictionFactor~ indexWriteBatchSize% journalDiskSyncInterval#
  journalDiskSyncStrategy=always,periodic,never journalMaxFileLength% journalMaxWriteBatchSize%
  lockKeepAlivePeriod# maxAsyncJobs# maxFailoverProducersToTrack#
  preallocationScope=entire_journal,entire_journal_async,none
  preallocationStrategy=sparse_file,os_kernel_copy,zeros,chunked_zeros
  purgeRecoveredXATransactionStrategy=never,commit,rollback stopOnError? useIndexLFRUEviction?
  useLock? | brokerService dataFileFactory locker scheduledThreadPoolExecutor
  transactionIdTransformer usageManager
kahaDBJobScheduler: archiveCorruptedIndex? archiveDataLogs? checkForCorruptJournalFiles?
  checkpointInterval# checksumJournalFiles? cleanupInterval# cleanupOnStop? deleteAllJobs?
  directory directoryArchive enableIndexDiskSyncs? enableIndexPageCaching?
  enableIndexRecoveryFile? enableIndexWriteAsync? enableJournalDiskSyncs? failIfDatabaseIsLocked?
  forceRecoverIndex? ignoreMissingJournalfiles? indexCacheSize% indexLFUEvictionFactor~
  indexWriteBatchSize% journalMaxFileLength% journalMaxWriteBatchSize% legacyStoreArchiveDirectory
  lockKeepAlivePeriod# purgeStoreOnStartup? stopOnError? useIndexLFRUEviction? useLock? |
  brokerService locker scheduledThreadPoolExecutor
lDAPAuthorizationMap: adminAttribute adminBase advisorySearchBase authentication
  connectionPassword connectionProtocol connectionURL connectionUsername initialContextFactory@
  queueSearchSubtreeBool? readAttribute readBase tempSearchBase topicSearchSubtreeBool?
  useAdvisorySearchBase? writeAttribute writeBase | context queueSearchMatchingFormat
  topicSearchMatchingFormat
lastImageSubscriptionRecoveryPolicy: | broker
ldapNetworkConnector: advisoryAckPercentage# advisoryForFailedForward? advisoryPrefetchSize%
  alwaysSyncSend? anonymousAuthentication? autoStart? base bridgeTempDestinations? brokerName
  brokerURL checkDuplicateMessagesOnDuplex? clientIdToken conduitNetworkQueueSubscriptions?
  conduitSubscriptions? consumerPriorityBase# consumerTTL# decreaseNetworkConsumerPriority?
  destinationFilter dispatchAsync? duplex? dynamicOnly? gcDestinationViews? gcSweepTime# localUri/
  messageTTL# name networkTTL# password prefetchSize% remotePassword remoteUserName
  searchEventListener? searchFilter searchScope staticBridge? suppressDuplicateQueueSubscriptions?
  suppressDuplicateTopicSubscriptions? syncDurableSubs? uri/ useBrokerNameAsIdSees?
  useCompression? useVirtualDestSubs? user userName | bridgeFactory brokerService connectionFilter
  durableDestinations dynamicallyIncludedDestinations excludedDestinations objectName sslContext
  staticallyIncludedDestinations
lease-database-locker: createTablesOnStartup? failIfLocked? handleStartException? leaseHolderId
  lockAcquireSleepInterval# maxAllowableDiffFromDBTime# name queryTimeout# | dataSource lockable
  statements
leaseLockerIOExceptionHandler: ignoreAllErrors? ignoreNoSpaceErrors? ignoreSQLExceptions?
  noSpaceMessage resumeCheckSleepPeriod# sqlExceptionMessage stopStartConnectors?
  systemExitOnShutdown? | brokerService
levelDB: asyncBufferSize% autoCompactionRatio# directory failoverProducersAuditDepth# flushDelay#
  indexBlockRestartInterval# indexBlockSize% indexCacheSize% indexCompression=none,snappy
  indexFactory@ indexMaxOpenFiles# indexWriteBufferSize% lockKeepAlivePeriod#
  logCompression=none,snappy logDirectory logSize% maxFailoverProducersToTrack# monitorStats?
  paranoidChecks? sync? useLock? verifyChecksums? | locker
loggingBrokerPlugin: logAll? logConnectionEvents? logConsumerEvents? logInternalEvents?
  logProducerEvents? logSessionEvents? logTransactionEvents? perDestinationLogger? |
  adminConnectionContext next
mKahaDB: brokerName checkForCorruption? directory journalCleanupInterval# journalMaxFileLength%
  journalWriteBatchSize% lockKeepAlivePeriod# stopOnError? useLock? | brokerService entries
  filteredPersistenceAdapters locker scheduledThreadPoolExecutor transactionStore usageManager
managementContext: allowRemoteAddressInMBeanNames? brokerName connectorHost connectorPath
  connectorPort# createConnector? createMBeanServer? findTigerMbeanServer? jmxDomainName
  rmiServerPort# suppressMBean useMBeanServer? | MBeanServer environment
maxdb-jdbc-adapter: batchStatements? batchStatments? maxRows# useExternalMessageReferences? |
  statements
memoryPersistenceAdapter: brokerName createTransactionStore? directory
  useExternalMessageReferences? | brokerService usageManager
memoryUsage: limit% name percentOfJvmHeap# percentUsageMinDelta# pollingTime# usage% usagePortion~
  | executor limiter parent
messageGroupHashBucketFactory: bucketCount# cacheSize%
mirroredQueue: copyMessage? postfix prefix | brokerService
multicastNetworkConnector: advisoryAckPercentage# advisoryForFailedForward? advisoryPrefetchSize%
  alwaysSyncSend? autoStart? bridgeTempDestinations? brokerName brokerURL
  checkDuplicateMessagesOnDuplex? clientIdToken conduitNetworkQueueSubscriptions?
  conduitSubscriptions? consumerPriorityBase# consumerTTL# decreaseNetworkConsumerPriority?
  destinationFilter dispatchAsync? duplex? dynamicOnly? gcDestinationViews? gcSweepTime# localUri/
  messageTTL# name networkTTL# password prefetchSize% remotePassword remoteURI/ remoteUserName
  staticBridge? suppressDuplicateQueueSubscriptions? suppressDuplicateTopicSubscriptions?
  syncDurableSubs? useBrokerNameAsIdSees? useCompression? useVirtualDestSubs? userName | bridge
  bridgeFactory brokerService connectionFilter durableDestinations dynamicallyIncludedDestinations
  excludedDestinations localTransport objectName remoteTransport sslContext
  staticallyIncludedDestinations
multicastTraceBrokerPlugin: broadcast? destination/ maxTraceDatagramSize% timeToLive# | address
  adminConnectionContext next wireFormat wireFormatFactory
mysql-jdbc-adapter: batchStatements? batchStatments? engineType maxRows# typeStatement
  useExternalMessageReferences? | statements
networkConnector: advisoryAckPercentage# advisoryForFailedForward? advisoryPrefetchSize%
  alwaysSyncSend? autoStart? bridgeTempDestinations? brokerName brokerURL
  checkDuplicateMessagesOnDuplex? clientIdToken conduitNetworkQueueSubscriptions?
  conduitSubscriptions? consumerPriorityBase# consumerTTL# decreaseNetworkConsumerPriority?
  destinationFilter dispatchAsync? duplex? dynamicOnly? gcDestinationViews? gcSweepTime# localUri/
  messageTTL# name networkTTL# password prefetchSize% remotePassword remoteUserName staticBridge?
  suppressDuplicateQueueSubscriptions? suppressDuplicateTopicSubscriptions? syncDurableSubs? uri/
  useBrokerNameAsIdSees? useCompression? useVirtualDestSubs? userName | bridgeFactory
  brokerService connectionFilter discoveryAgent durableDestinations
  dynamicallyIncludedDestinations excludedDestinations objectName sslContext
  staticallyIncludedDestinations
noSubscriptionRecoveryPolicy: | broker
oldestMessageEvictionStrategy: evictExpiredMessagesHighWatermark# expiryCheckEnabled?
oldestMessageWithLowestPriorityEvictionStrategy: evictExpiredMessagesHighWatermark#
  expiryCheckEnabled?
oracleBlobJDBCAdapter: batchStatements? batchStatments? maxRows# useExternalMessageReferences? |
  statements
oracleJDBCAdapter: batchStatements? batchStatments? maxRows# useExternalMessageReferences? |
  statements
outboundQueueBridge: doHandleReplyTo? localQueueName outboundQueueName selector | consumer
  consumerConnection consumerQueue jmsConnector jmsMessageConvertor producerConnection
  producerQueue
outboundTopicBridge: consumerName doHandleReplyTo? localTopicName outboundTopicName selector |
  consumer consumerConnection consumerTopic jmsConnector jmsMessageConvertor producerConnection
  producerTopic
pListStoreImpl: cleanupInterval# directory enableIndexWriteAsync? failIfDatabaseIsLocked?
  indexCacheSize% indexDirectory indexEnablePageCaching? indexPageSize% indexWriteBatchSize%
  journalMaxFileLength% journalMaxWriteBatchSize% lazyInit? | brokerService
policyEntry: advancedMessageStatisticsEnabled? advancedNetworkStatisticsEnabled?
  advisoryForConsumed? advisoryForDelivery? advisoryForDiscardingMessages? advisoryForDispatched?
  advisoryForFastProducers? advisoryForSlowConsumers? advisoryWhenFull?
  allConsumersExclusiveByDefault? allowTempDestinationStealing? alwaysRetroactive?
  blockedProducerWarningInterval# consumersBeforeDispatchStarts# cursorMemoryHighWaterMark#
  doOptimzeMessageStorage? durableTopicPrefetch# enableAudit? expireMessagesPeriod#
  gcInactiveDestinations? gcWithNetworkConsumers? inactiveTimeoutBeforeGC# inactiveTimoutBeforeGC#
  includeBodyForAdvisory? lazyDispatch? maxAuditDepth# maxBrowsePageSize% maxDestinations#
  maxExpirePageSize% maxPageSize% maxProducersToAudit# maxQueueAuditDepth# memoryLimit%
  messageGroupMapFactoryType minimumMessageSize% optimizeMessageStoreInFlightLimit%
  optimizedDispatch? persistJMSRedelivered? prioritizedMessages? producerFlowControl? queue
  queueBrowserPrefetch# queuePrefetch# reduceMemoryFootprint? sendAdvisoryIfNoConsumers?
  sendDuplicateFromStoreToDLQ? sendFailIfNoSpace? sendFailIfNoSpaceAfterTimeout#
  storeUsageHighWaterMark# strictOrderDispatch? tempQueue? tempTopic? timeBeforeDispatchStarts#
  topic topicPrefetch# useCache? useConsumerPriority? usePrefetchExtension?
  useTopicSubscriptionInflightStats? | deadLetterStrategy destination dispatchPolicy
  messageEvictionStrategy messageGroupMapFactory messageInterceptorStrategy
  networkBridgeFilterFactory pendingDurableSubscriberPolicy pendingMessageLimitStrategy
  pendingQueuePolicy pendingSubscriberPolicy slowConsumerStrategy subscriptionRecoveryPolicy
policyMap: | defaultEntry policyEntries
postgresql-jdbc-adapter: acksPkName batchStatements? batchStatments? maxRows#
  useExternalMessageReferences? | statements
prefetchPolicy: all# durableTopicPrefetch# maximumPendingMessageLimit%
  optimizeDurableTopicPrefetch# queueBrowserPrefetch# queuePrefetch# topicPrefetch#
prefetchRatePendingMessageLimitStrategy: multiplier~
priorityDispatchPolicy:
priorityNetworkDispatchPolicy:
proxyConnector: bind/ localUri/ name proxyToLocalBroker? remote/ | server
publishedAddressPolicy: clusterClientUriQuery | hostMapping portMapping publishedHostStrategy
queryBasedSubscriptionRecoveryPolicy: | broker query
queue: DLQ? physicalName | compositeDestinations properties
queueDispatchSelector: | exclusiveConsumer
reconnectionPolicy: backOffMultiplier~ initialReconnectDelay# maxInitialConnectAttempts#
  maxReconnectAttempts# maxSendRetries# maximumReconnectDelay# sendRetyDelay#
  useExponentialBackOff?
redeliveryPlugin: fallbackToDeadLetter? sendToDlqIfMaxRetriesExceeded? | adminConnectionContext
  next redeliveryPolicyMap
redeliveryPolicy: backOffMultiplier~ collisionAvoidancePercent# initialRedeliveryDelay#
  maximumRedeliveries# maximumRedeliveryDelay# preDispatchCheck? queue redeliveryDelay# tempQueue?
  tempTopic? topic useCollisionAvoidance? useExponentialBackOff? | destination
redeliveryPolicyMap: | defaultEntry redeliveryPolicyEntries
replicatedLevelDB: asyncBufferSize% bind connectUrl container directory
  failoverProducersAuditDepth# flushDelay# hostname indexBlockRestartInterval# indexBlockSize%
  indexCacheSize% indexCompression=none,snappy indexFactory@ indexMaxOpenFiles#
  indexWriteBufferSize% logCompression=none,snappy logSize% maxFailoverProducersToTrack#
  monitorStats? paranoidChecks? replicas# securityToken sync verifyChecksums? weight# zkAddress
  zkPassword zkPath zkSessionTimeout zkSessionTmeout
retainedMessageSubscriptionRecoveryPolicy: | broker wrapped
roundRobinDispatchPolicy:
runtimeConfigurationPlugin: checkPeriod#
shared-file-locker: directory failIfLocked? lockAcquireSleepInterval# name | lockable
sharedDeadLetterStrategy: enableAudit? expiration# maxAuditDepth# maxProducersToAudit#
  processExpired? processNonPersistent? | deadLetterQueue
simpleAuthenticationPlugin: anonymousAccessAllowed? anonymousGroup anonymousUser | userGroups
  userPasswords users
simpleAuthorizationMap: | adminACLs readACLs tempDestinationAuthorizationEntry writeACLs
simpleDispatchPolicy:
simpleDispatchSelector:
simpleJmsMessageConvertor: | connection
simpleMessageGroupMapFactory:
sqlServerJDBCAdapter: batchStatements? batchStatments? maxRows# useExternalMessageReferences? |
  statements
sslContext: crlPath keyStore keyStoreAlgorithm keyStoreKeyPassword keyStorePassword keyStoreType
  protocol provider secureRandomAlgorithm trustStore trustStoreAlgorithm trustStorePassword
  trustStoreType | SSLContext currentSslContext keyManagers secureRandom trustManagers
statements: addMessageStatement binaryDataType clearDurableLastAckInTxStatement
  clearXidFlagStatement containerNameDataType createDurableSubStatement currentDateTimeStatement
  deleteOldMessagesStatementWithPriority deleteSubscriptionStatement
  destinationMessageCountStatement dropAckPKAlterStatementEnd durableSubAcksTableName
  durableSubscriberMessageCountStatement durableSubscriberMessageCountStatementWithPriority
  findAcksPendingOutcomeStatement findAllDestinationsStatement findAllDurableSubMessagesStatement
  findAllDurableSubsStatement findAllMessageIdsStatement findAllMessagesStatement
  findDurableSubMessagesStatement findDurableSubStatement findLastSequenceIdInAcksStatement
  findLastSequenceIdInMsgsStatement findMessageByIdStatement findMessageSequenceIdStatement
  findMessageStatement findNextMessagesByPriorityStatement findNextMessagesStatement
  findOpsPendingOutcomeStatement findXidByIdStatement insertDurablePriorityAckStatement
  lastAckedDurableSubscriberMessageStatement lastProducerSequenceIdStatement leaseObtainStatement
  leaseOwnerStatement leaseUpdateStatement lockCreateStatement lockTableName lockUpdateStatement
  longDataType messageTableName msgIdDataType nextDurableSubscriberMessageStatement
  removeAllMessagesStatement removeAllSubscriptionsStatement removeMessageStatment
  selectDurablePriorityAckStatement sequenceDataType stringIdDataType tablePrefix
  updateDurableLastAckInTxStatement updateDurableLastAckStatement
  updateDurableLastAckWithPriorityInTxStatement updateDurableLastAckWithPriorityStatement
  updateLastPriorityAckRowOfDurableSubStatement updateMessageStatement updateXidFlagStatement
  useExternalMessageReferences? useLockCreateWhereClause? | createLockSchemaStatements
  createSchemaStatements dropSchemaStatements
statisticsBrokerPlugin:
storeCursor:
storeDurableSubscriberCursor: immediatePriorityDispatch? useCache?
storeUsage: limit% name percentLimit# percentUsageMinDelta# pollingTime# total% usagePortion~ |
  store
strictOrderDispatchPolicy:
sybase-jdbc-adapter: batchStatements? batchStatments? maxRows# useExternalMessageReferences? |
  statements
systemUsage: checkLimitsLogLevel name sendFailIfNoSpace? sendFailIfNoSpaceAfterTimeout#
  sendFailIfNoSpaceExplicitySet? | executor jobSchedulerUsage memoryUsage parent storeUsage
  tempUsage
taskRunnerFactory: daemon? dedicatedTaskRunner? maxIterationsPerRun# maxThreadPoolSize% name
  priority# shutdownAwaitTermination# virtualThreadTaskRunner? | executor rejectedTaskHandler
  threadClassLoader
tempDestinationAuthorizationEntry: admin groupClass@ queue read tempQueue? tempTopic? topic write
  | adminACLs destination readACLs writeACLs
tempQueue: DLQ? connectionId physicalName | compositeDestinations connection properties
tempTopic: DLQ? connectionId physicalName | compositeDestinations connection properties
tempUsage: limit% name percentLimit# percentUsageMinDelta# pollingTime# total% usagePortion~ |
  store
timeStampingBrokerPlugin: futureOnly? processNetworkMessages? ttlCeiling# zeroExpirationOverride#
  | adminConnectionContext next
timedSubscriptionRecoveryPolicy: recoverDuration# | broker
topic: DLQ? physicalName | compositeDestinations properties
traceBrokerPathPlugin: stampProperty | adminConnectionContext next
transact-database-locker: createTablesOnStartup? failIfLocked? lockAcquireSleepInterval# name
  queryTimeout# | dataSource exceptionHandler lockable statements
transact-jdbc-adapter: batchStatements? batchStatments? maxRows# useExternalMessageReferences? |
  statements
transportConnector: allowLinkStealing? auditNetworkProducers? autoStart? disableAsyncDispatch?
  discoveryUri/ displayStackTrace? enableStatusMonitor? maximumConsumersAllowedPerConnection#
  maximumProducersAllowedPerConnection# name rebalanceClusterClients? updateClusterClients?
  updateClusterClientsOnRemove? updateClusterFilter uri/ warnOnRemoteClose? | brokerInfo
  brokerService discoveryAgent messageAuthorizationPolicy publishedAddressPolicy server
  taskRunnerFactory
udpTraceBrokerPlugin: broadcast? destination/ maxTraceDatagramSize% | address
  adminConnectionContext next wireFormat wireFormatFactory
uniquePropertyMessageEvictionStrategy: evictExpiredMessagesHighWatermark# expiryCheckEnabled?
  propertyName
usage: limit% name percentUsageMinDelta# pollingTime# usagePortion~ | executor limiter parent
usageCapacity:
virtualDestinationInterceptor: | virtualDestinations
virtualSelectorCacheBrokerPlugin: ignoreWildcardSelectors? persistFile persistInterval#
  singleSelectorPerDestination?
virtualTopic: concurrentSend? dropOnResourceLimit? local? name postfix prefix selectorAware?
  setOriginalDestination? transactedSend?
vmCursor:
vmDurableCursor:
vmQueueCursor:
`
