#!/bin/sh
# Start one broker of Apache Kafka in KRaft mode. Whoever comes needs TLS and one of four accounts; what an account may
# do is declared by `topics apply`: nothing, until it has run. The controller listens to this container alone.
set -eu
umask 077

bin=${KAFKA_BIN:-/opt/kafka/bin}
secrets=${KAFKA_SECRETS:-/run/secrets}
data=${KAFKA_DATA:-/var/lib/kafka/data}
host=${KAFKA_HOST:-kafka}
port=${KAFKA_PORT:-9092}
controller=${KAFKA_CONTROLLER_PORT:-9093}
settings=${KAFKA_SETTINGS:-/tmp/nowalls}

module=org.apache.kafka.common.security.plain.PlainLoginModule
own=$(cat "$secrets/kafka_broker")
accounts=
for name in broker admin relay worker; do
    accounts="$accounts user_$name=\"$(cat "$secrets/kafka_$name")\""
done

mkdir -p "$settings"
cat > "$settings/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=SASL_SSL://:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=SASL_SSL://$host:$port
controller.listener.names=CONTROLLER
inter.broker.listener.name=SASL_SSL
listener.security.protocol.map=SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=$module required username="broker" password="$own"$accounts;
ssl.keystore.type=PEM
ssl.keystore.location=$secrets/kafka_keystore
ssl.truststore.type=PEM
ssl.truststore.location=$secrets/kafka_ca
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:broker;User:admin;User:ANONYMOUS
log.dirs=$data
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
default.replication.factor=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
END
# what asks whether the broker is well signs in as the broker itself
cat > "$settings/client.properties" <<END
security.protocol=SASL_SSL
sasl.mechanism=PLAIN
sasl.jaas.config=$module required username="broker" password="$own";
ssl.truststore.type=PEM
ssl.truststore.location=$secrets/kafka_ca
END

if ! [ -f "$data/meta.properties" ]; then
    "$bin/kafka-storage.sh" format --cluster-id "$("$bin/kafka-storage.sh" random-uuid)" --config "$settings/server.properties"
fi
exec "$bin/kafka-server-start.sh" "$settings/server.properties"
