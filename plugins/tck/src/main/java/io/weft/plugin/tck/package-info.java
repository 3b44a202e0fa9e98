// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** The contracts of the SPIs as tests; each test is tagged with the rule that it checks. */
package io.weft.plugin.tck;
