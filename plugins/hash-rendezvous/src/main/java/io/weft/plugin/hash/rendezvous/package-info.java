// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Assigns each bucket to the member with the highest score for it. */
package io.weft.plugin.hash.rendezvous;
