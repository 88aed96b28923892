#!/bin/sh
# tidings-image.sh CHECKOUT NAME:TAG ARCHIVE NODE NPM - builds tidings' image from the checkout's Dockerfile and writes it as
# `docker save` would. Both base images are made here, of Debian's packages, with the binary NODE and the folder NPM of this
# machine: no image registry is asked. Needs root; runs in a folder of its own, which holds all it leaves.
set -eu
CHECKOUT=$1 NAME=$2 ARCHIVE=$3 NODE=$4 NPM=$5
storage="--root $PWD/storage --runroot $PWD/run --storage-driver overlay"

debian() { # ARCHIVE PACKAGES
  mmdebstrap --quiet --variant=extract --include="$2" "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$1"
}

# What the image stands on: what Node is linked with.
debian run.tar libc6,libstdc++6,libgcc-s1
base=$(buildah $storage from scratch)
buildah $storage add --quiet "$base" run.tar /
buildah $storage commit --quiet "$base" lab.local/run

# What compiles: a shell, Node and npm, where Docker's image of Node has them.
debian build.tar libc6,libstdc++6,libgcc-s1,dash,coreutils,findutils
printf '#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n' > npm
chmod 755 npm
base=$(buildah $storage from scratch)
buildah $storage add --quiet "$base" build.tar /
buildah $storage add --quiet "$base" "$NODE" /usr/local/bin/node
buildah $storage add --quiet "$base" "$NPM" /usr/local/lib/node_modules/npm
buildah $storage add --quiet "$base" npm /usr/local/bin/npm
# A machine that trusts certificates of its own needs them to reach npm's packages.
if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
  buildah $storage add --quiet "$base" "$NODE_EXTRA_CA_CERTS" /etc/ssl/extra.pem
  buildah $storage config --env NODE_EXTRA_CA_CERTS=/etc/ssl/extra.pem "$base"
fi
buildah $storage commit --quiet "$base" lab.local/build

buildah $storage bud --isolation chroot --pull-never --build-arg BUILD_BASE=lab.local/build \
  --build-arg RUN_BASE=lab.local/run --tag "$NAME" "$CHECKOUT"
buildah $storage push --quiet "$NAME" "docker-archive:$ARCHIVE:$NAME"
