#!/bin/sh
# Runs TutorialClient.java with ActiveMQ's Java client (Debian: libactivemq-java).
set -eu
cd "$(dirname "$0")"

jars=${JARS:-/usr/share/java}
class_path=
for jar in activemq-client geronimo-jms_1.1_spec geronimo-j2ee-management-1.1-spec hawtbuf \
  slf4j-api slf4j-nop; do
  class_path=$class_path:$jars/$jar.jar
done

exec java -XX:TieredStopAtLevel=1 -cp "${class_path#:}" TutorialClient.java "$@"
