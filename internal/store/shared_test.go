package store_test

import (
	"testing"

	"exoplanetai/internal/xtest"
)

// databaseOf gives the URL of the Postgres database that has the index of a tree,
// which is a shared one then; nil: the index is in the tree.
var databaseOf func(dir string) string

// onPostgres lets all trees of a test have their index in Postgres, each in a
// database of its own.
func onPostgres(t *testing.T) {
	known := map[string]string{}
	databaseOf = func(dir string) string {
		if known[dir] == "" {
			known[dir] = xtest.Postgres(t)
		}
		return known[dir]
	}
	t.Cleanup(func() { databaseOf = nil })
}

// TestTheStoreKeepsItsPromisesOnPostgres runs this package's own tests with the
// index in Postgres. Those that damage the database file, or cut off the power
// of a machine that has it, are SQLite's alone.
func TestTheStoreKeepsItsPromisesOnPostgres(t *testing.T) {
	for _, c := range []struct {
		name    string
		test    func(*testing.T)
		nightly bool
	}{
		{"guide's folders", TestFolderOfTheGuideExistFromFirstUse, false},
		{"filter", TestFilterSelects, false},
		{"portions", TestListIsWholeAcrossPortions, false},
		{"checks", TestCheckIsKept, false},
		{"reset", TestStagedFileStartsOverAfterReset, false},
		{"discard", TestDiscardedFileLeavesNothing, false},
		{"wrong publication", TestWrongPublicationIsRefused, false},
		{"taken name", TestActWithOneTakenNamePublishesNothing, false},
		{"stranger under the name", TestStrangerUnderTheNameIsNotOverwritten, false},
		{"lost file comes back", TestLostFileComesBackByPublishingItAgain, false},
		{"many writers", TestManyWritersOfTheSameAndOfOtherFiles, false},
		{"statistics", TestStatsCountAndForecast, false},
		{"cancelled calls", TestCancelledCallsStopSoon, false},
		{"every flipped byte is found", TestEveryFlippedByteIsFoundAndItsFileNamed, true},
		{"cut files", TestFileCutAtAnyLengthIsFound, true},
		{"damage is classed", TestDamageIsFoundAndClassed, true},
		{"damage names the star", TestDamageNamesTheStar, false},
		{"quick look", TestAQuickLookFindsStrangersBesideFilesThatItKnows, false},
		{"ranges", TestReadGivesRangesOfSmallAndLargeFiles, true},
		{"file that changes", TestLargeFileThatChangesWhileItIsReadIsNotServed, false},
		{"no links", TestDiskWithoutLinksHoldsTheSamePromises, false},
		{"every call may fail", TestEveryCallMayFailInEveryWayWithoutATrace, true},
		{"forgetting leaves what reindex makes", TestForgettingLeavesWhatReindexWouldMake, true},
		{"forgetting beside damage", TestForgettingBesideADamagedChecksumFileMendsIt, false},
		{"forgotten files", TestForgottenFilesAreGoneForGoodAndTheirNamesAreFree, false},
		{"every call of a forget may fail", TestEveryCallOfAForgetMayFail, true},
		{"a thousand forgotten", TestAThousandFilesAreForgottenInOneAct, true},
		{"corrupt record", TestCorruptMetadataRecordIsRefusedByName, false},
		{"corrupt checksum file", TestCorruptChecksumFileIsFoundByName, true},
		{"every flipped byte is mended", TestEveryFlippedByteIsMended, true},
		{"what stands in the way", TestWhatStandsInTheWayOfAFileIsReplaced, false},
		{"replacing a sound file", TestReplacingASoundFileKeepsItsPlaceAndAnUnknownOneIsRefused, false},
		{"no two witnesses", TestWhatNoTwoWitnessesSupportIsNotMended, false},
		{"every call of a replacement may fail", TestEveryCallOfAReplacementMayFail, true},
		{"one of many cannot be replaced", TestOneFileThatCannotBeReplacedKeepsAllAsTheyWere, false},
		{"reindex mends", TestReindexMendsWhatStartRefuses, false},
		{"reindex hides nothing", TestReindexHidesNoDamage, false},
		{"read back", TestPublishedFileIsReadBackAsItWas, false},
		{"never replaced", TestStoredFileIsNeverReplaced, false},
		{"FITS sums", TestAWrongChecksumInsideAFITSFileIsDamageEvenUnderARightDigest, false},
		{"small sweeps", TestSmallSweepsInARowProveEverything, false},
		{"sweep names damage", TestSweepNamesDamageAndReadsItAgainUntilItIsMended, false},
		{"sweep cut off", TestSweepThatIsCutOffRepeatsAtMostOneBatch, false},
		{"sweep in time", TestSweepEndsInTimeAndAReaderIsRefused, false},
		{"no room", TestWithoutRoomNothingIsStagedAndReadingGoesOn, false},
	} {
		if c.nightly && !xtest.Nightly() {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			onPostgres(t)
			c.test(t)
		})
	}
}
