// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Runs whole clusters in one thread, in virtual time, from a seed. */
package io.weft.plugin.sim;
