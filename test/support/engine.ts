// Tests start many engines that live for a second or two: collecting their garbage less often saves a tenth of the time.
process.env.GOGC ??= "400";
