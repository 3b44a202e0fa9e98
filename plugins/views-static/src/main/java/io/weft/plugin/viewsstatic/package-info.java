// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Takes the members of the cluster from the config file. */
package io.weft.plugin.viewsstatic;
