// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.planted.circle;

/** Lists its commands, as the class of a command line does. */
final class Top {
  Command command() {
    return new Command();
  }
}
