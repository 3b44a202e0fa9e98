// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Compares hash strategies: what {@code weft hashing} measures, expects and draws. */
package io.weft.plugin.launcher.hashing;
