// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Carries messages and block images between nodes over TCP. */
package io.weft.tcp;
