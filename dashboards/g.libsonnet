// The pinned path: grafonnet's own file when vendored, else the bundled one under lib/.
import 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0/main.libsonnet'
